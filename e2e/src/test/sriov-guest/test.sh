# What the guest with an SR-IOV card does: the daemon and its command line on the real kernel, card and IOMMU groups; SriovGuestE2eTest
# reads what it says.
say() { echo "SAYS $1: $2"; }
PF=$(basename "$(ls -d /sys/bus/pci/drivers/igb/0000*/net/* | head -1)")
ADDRESS=$(basename "$(readlink -f /sys/class/net/$PF/device)")
DEVICE=/sys/bus/pci/devices/$ADDRESS
jvm() {
  java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow --add-exports=java.base/sun.nio.ch=ALL-UNNAMED \
    --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED --add-opens=java.base/java.lang.reflect=ALL-UNNAMED \
    -Dchronicle.disk.monitor.disable=true -Dchronicle.analytics.disable=true -Dchronicle.announcer.disable=true \
    -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$@"
}
# A JVM takes 15 s to start here: one for all commands, told and heard as ClientLoop has it.
byte() { printf "\\$(printf %03o "$1")"; }
vdp() {
  { printf '\000\000\000'; byte $#
    for argument; do printf '\000'; byte ${#argument}; printf %s "$argument"; done; } >&7
  set -- $(dd bs=1 count=8 2> /dev/null <&8 | od -An -tu1)
  dd bs=1 count=$((($7 << 8) + $8)) 2> /dev/null <&8
  return "$4"
}
state() { for vf in $DEVICE/virtfn*; do [ -e $vf ] && echo "$(basename $(readlink $vf/driver))"; done | tr '\n' ' '; }
export VIRT_DATAPLANE_SOCKET=/tmp/vdp/s
mkdir -p /tmp/vdp
mkfifo /tmp/vdp/asked /tmp/vdp/said
jvm -cp "/app/client/*:/app/tests" io.virtdataplane.e2e.ClientLoop < /tmp/vdp/asked > /tmp/vdp/said &
exec 7> /tmp/vdp/asked 8< /tmp/vdp/said
cat > /tmp/vdp/config.yaml <<C
socket: /tmp/vdp/s
stateDirectory: /tmp/vdp/state
sriov: {supportedNics: ["8086 10c9 10ca"], devicePluginDirectory: none}
C
cat > /tmp/vdp/policies.yaml <<C
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetworkNodePolicy
metadata: {name: vfio}
spec:
  resourceName: guests
  nodeSelector: {feature.node.kubernetes.io/network-sriov.capable: "true"}
  mtu: 1600
  numVfs: 4
  nicSelector: {vendor: "8086", deviceID: "10c9", pfNames: ["$PF#0-1"]}
  deviceType: vfio-pci
---
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetworkNodePolicy
metadata: {name: pods}
spec: {resourceName: pods, mtu: 1600, numVfs: 4, nicSelector: {vendor: "8086", pfNames: ["$PF#2-2"]}}
C
cat > /tmp/vdp/all.yaml <<C
$(cat /tmp/vdp/policies.yaml)
---
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetwork
metadata: {name: net1}
spec: {resourceName: guests, vlan: 100, vlanQoS: 3, spoofChk: "off", trust: "on", maxTxRate: 500}
---
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetwork
metadata: {name: net2}
spec: {resourceName: guests, linkState: enable}
---
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetwork
metadata: {name: net3}
spec: {resourceName: guests, vlan: 100, vlanProto: 802.1ad}
C
cat > /tmp/vdp/rate.yaml <<C
apiVersion: sriovnetwork.openshift.io/v1
kind: SriovNetwork
metadata: {name: net4}
spec: {resourceName: guests, minTxRate: 100, maxTxRate: 200}
C
vm() { cat <<C
kind: VirtualMachine
metadata: {name: $1}
spec:
  domain: {devices: {interfaces: [{name: nic1, sriov: {}, macAddress: "$2"}]}}
  networks: [{name: nic1, multus: {networkName: openshift-sriov-network-operator/$3}}]
C
}
vm vm1 02:00:00:00:aa:01 net1 > /tmp/vdp/vm1.yaml
vm vm2 02:00:00:00:aa:02 net2 > /tmp/vdp/vm2.yaml
vm vm3 02:00:00:00:aa:03 net3 > /tmp/vdp/vm3.yaml
say PF "$PF $ADDRESS"
jvm -cp "/app/daemon/*" io.virtdataplane.daemon.RunCommand --config /tmp/vdp/config.yaml > /tmp/vdp/log 2>&1 &
i=0; while [ ! -S /tmp/vdp/s ] && [ $i -lt 120 ]; do sleep 1; i=$((i + 1)); done
say UP "$i $(cut -d' ' -f1 /proc/uptime)"
# Each write to a file of sysfs and each setting of a link, by whomever.
mount -t tracefs tracefs /sys/kernel/tracing
echo 'p:vdp/sysfs kernfs_fop_write_iter' >> /sys/kernel/tracing/kprobe_events
echo 'p:vdp/setlink rtnl_setlink' >> /sys/kernel/tracing/kprobe_events
echo 1 > /sys/kernel/tracing/events/vdp/enable
writes() { grep -c -e ' sysfs: ' -e ' setlink: ' /sys/kernel/tracing/trace; }
say APPLY "$(vdp apply -f /tmp/vdp/all.yaml | tr '\n' ' ')"
say WRITES "$(writes)"
say MTU "$(cat /sys/class/net/$PF/mtu) $(cat $DEVICE/virtfn2/net/*/mtu) $(cat $DEVICE/virtfn3/net/*/mtu)"
say NUMVFS "$(cat $DEVICE/sriov_numvfs)"
say DRIVERS "$(state)"
say VFIO "$(ls /dev/vfio | tr '\n' ' ')"
say BEFORE "$(ip-real link show $PF | grep 'vf 0' | tr -s ' ')"
say UPTIME "$(cut -d' ' -f1 /proc/uptime)"
vdp sriov attach -f /tmp/vdp/vm1.yaml | sed 's/^/SAYS ATTACH: /'
say SET "$(ip-real link show $PF | grep 'vf 0' | tr -s ' ')"
say REFUSED "$(vdp sriov attach -f /tmp/vdp/vm2.yaml)"
say AD "$(vdp sriov attach -f /tmp/vdp/vm3.yaml)"
say RATE "$(vdp apply -f /tmp/vdp/rate.yaml)"
vdp get vfs | sed 's/^/SAYS VFS: /'
say INUSE "$(vdp delete -f /tmp/vdp/policies.yaml | tr '\n' ' ')"
say KEPT "$(cat $DEVICE/sriov_numvfs)"
echo > /sys/kernel/tracing/trace
say AGAIN "$(vdp sriov apply -f /tmp/vdp/policies.yaml | tr '\n' ' ')"
say NOTHING "$(writes)"
grep -e ' sysfs: ' -e ' setlink: ' /sys/kernel/tracing/trace | sed 's/^/WROTE /'
say DETACH "$(vdp sriov detach vm1)"
say AFTER "$(ip-real link show $PF | grep 'vf 0' | tr -s ' ')"
# A container runtime gives a pod the VF, by the plugin's executable.
mkdir -p /run/netns
ip-real netns add pod1
cni() { # COMMAND CONTAINER VF KEYS
  VIRT_DATAPLANE_CNI_SOCKET=/tmp/vdp/cni.sock CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/pod1 CNI_IFNAME=net1 CNI_PATH=/x \
    CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=demo;K8S_POD_NAME=launcher;MAC=02:00:00:00:aa:07" /app/plugin <<C
{"cniVersion":"1.1.0","name":"blue","type":"sriov","deviceID":"$(basename "$(readlink $DEVICE/virtfn$3)")","vlan":200,"spoofchk":"off","trust":"on"$4}
C
}
say CNIADD "$(cni ADD one 0)"
say CNISET "$(ip-real link show $PF | grep 'vf 0' | tr -s ' ')"
say CNIAGAIN "$(cni ADD two 0)"
say CNILATE "$(cni DEL two 0)$?"
say CNIKEPT "$(ip-real link show $PF | grep 'vf 0' | tr -s ' ')"
say CNIREFUSED "$(cni ADD three 1 ',"link_state":"enable","runtimeConfig":{"mac":"02:00:00:00:aa:08"}')"
say CNIKERNEL "$(cni ADD three 2)"
say CNIDEL "$(cni DEL one 0)$?"
say CNIAFTER "$(ip-real link show $PF | grep 'vf 0' | tr -s ' ')"
exec 9<> /dev/vfio/$(basename "$(readlink $DEVICE/virtfn1/iommu_group)")
say HELD "$(vdp delete -f /tmp/vdp/policies.yaml | tr '\n' ' ')"
exec 9>&-
# The daemon tries again by itself.
restored() { echo "$(cat $DEVICE/sriov_numvfs) $(cat /sys/class/net/$PF/mtu)"; }
i=0; while [ "$(restored)" != "0 1500" ] && [ $i -lt 90 ]; do sleep 1; i=$((i + 1)); done
say RESTORED "$(restored)"
sed 's/^/LOG /' /tmp/vdp/log
say END "$(cut -d' ' -f1 /proc/uptime)"
