#!/bin/bash
# rules.sh istio|ambient|linkerd [skips]: the rules that the mesh's own tools leave in a pod, for IPv4 and IPv6; in the pod's namespace.
# With skips, as Linkerd has them for skip-inbound-ports 9090, skip-outbound-ports 8443 and skip-subnets 203.0.113.0/24, 2001:db8::/64.
set -e
istio() { # istio-init: IPTABLES, what ports of the application's own listeners look like, the address that is localhost
  local i=$1 passthrough=$2 localhost=$3
  r() { "$i" -w -t nat "$@"; }
  for c in ISTIO_INBOUND ISTIO_REDIRECT ISTIO_IN_REDIRECT ISTIO_OUTPUT; do r -N $c; done
  r -A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN
  r -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
  r -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
  r -A PREROUTING -i k6t-eth0 -j ISTIO_REDIRECT
  r -A PREROUTING -i k6t-eth0 -j RETURN
  r -A PREROUTING -p tcp -j ISTIO_INBOUND
  for p in 15090 15021 15020 9090; do r -A ISTIO_INBOUND -p tcp --dport $p -j RETURN; done
  r -A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
  r -A OUTPUT -j ISTIO_OUTPUT
  r -A ISTIO_OUTPUT -o lo -s "$passthrough" -j RETURN
  for by in uid gid; do
    r -A ISTIO_OUTPUT -o lo ! -d "$localhost" -p tcp ! --dport 15008 -m owner --$by-owner 1337 -j ISTIO_IN_REDIRECT
    r -A ISTIO_OUTPUT -o lo -m owner ! --$by-owner 1337 -j RETURN
    r -A ISTIO_OUTPUT -m owner --$by-owner 1337 -j RETURN
  done
  r -A ISTIO_OUTPUT -d "$localhost" -j RETURN
  r -A ISTIO_OUTPUT -j ISTIO_REDIRECT
}
ambient() { # istio-cni, in the pod's namespace
  local i=$1 probe=$2 localhost=$3
  r() { "$i" -w "$@"; }
  for t in mangle nat; do r -t $t -N ISTIO_PRERT; r -t $t -N ISTIO_OUTPUT; done
  r -t mangle -A PREROUTING -j ISTIO_PRERT
  r -t mangle -A OUTPUT -j ISTIO_OUTPUT
  r -t nat -A PREROUTING -j ISTIO_PRERT
  r -t nat -A OUTPUT -j ISTIO_OUTPUT
  r -t mangle -A ISTIO_PRERT -m mark --mark 0x539/0xfff -j CONNMARK --set-xmark 0x111/0xfff
  r -t mangle -A ISTIO_OUTPUT -m connmark --mark 0x111/0xfff -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
  r -t nat -A ISTIO_PRERT -i k6t-eth0 -p tcp -j REDIRECT --to-ports 15001
  r -t nat -A ISTIO_PRERT -i k6t-eth0 -p tcp -j RETURN
  r -t nat -A ISTIO_PRERT -s "$probe" -p tcp -j ACCEPT
  r -t nat -A ISTIO_PRERT ! -d "$localhost" -p tcp ! --dport 15008 -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15006
  r -t nat -A ISTIO_OUTPUT -d "$probe" -p tcp -j ACCEPT
  r -t nat -A ISTIO_OUTPUT -p tcp -m mark --mark 0x111/0xfff -j ACCEPT
  r -t nat -A ISTIO_OUTPUT ! -d "$localhost" -o lo -j ACCEPT
  r -t nat -A ISTIO_OUTPUT ! -d "$localhost" -p tcp -m mark ! --mark 0x539/0xfff -j REDIRECT --to-ports 15001
}
linkerd() { # linkerd2-proxy-init
  local i=$1 subnet=$2
  r() { "$i" -w -t nat "$@"; }
  r -N PROXY_INIT_REDIRECT
  r -A PROXY_INIT_REDIRECT -p tcp --match multiport --dports "4190,4191${subnet:+,9090}" -j RETURN
  [ -z "$subnet" ] || r -A PROXY_INIT_REDIRECT -s "$subnet" -j RETURN
  r -A PROXY_INIT_REDIRECT -p tcp -j REDIRECT --to-port 4143
  r -A PREROUTING -j PROXY_INIT_REDIRECT
  r -N PROXY_INIT_OUTPUT
  r -A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 -j RETURN
  r -A PROXY_INIT_OUTPUT -o lo -j RETURN
  [ -z "$subnet" ] || r -A PROXY_INIT_OUTPUT -p tcp --match multiport --dports 8443 -j RETURN
  r -A PROXY_INIT_OUTPUT -p tcp -j REDIRECT --to-port 4140
  r -A OUTPUT -j PROXY_INIT_OUTPUT
}
case $1 in
  istio)
    istio iptables-nft 127.0.0.6/32 127.0.0.1/32
    istio ip6tables-nft ::6/128 ::1/128
    ip -6 addr add ::6/128 dev lo ;;
  ambient)
    ambient iptables-nft 169.254.7.127 127.0.0.1/32
    ambient ip6tables-nft fd16:9254:7127:1337:ffff:ffff:ffff:ffff ::1/128
    for family in -4 -6; do
      ip $family rule add fwmark 0x111/0xfff pref 32764 lookup 100
      ip $family route add local default dev lo table 100
    done ;;
  linkerd)
    linkerd iptables-nft "${2:+203.0.113.0/24}"
    linkerd ip6tables-nft "${2:+2001:db8::/64}" ;;
esac
