package io.virtdataplane.sriov;

import io.virtdataplane.sys.Errno;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.NetlinkRequest;
import io.virtdataplane.sys.NetlinkSocket;
import io.virtdataplane.sys.SystemCallException;
import java.util.List;
import java.util.Map;

/**
 * VF attributes by rtnetlink, of PFs in the daemon's own namespace. A socket a request: calls are
 * rare and any thread may make them.
 */
public final class RtnetlinkVfLink implements VfLink {
    @Override
    public Map<Integer, VfAttributes> read(String pf) {
        NetlinkRequest request = VfMessages.get(index(pf));
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            return VfMessages.parse(netlink.request(request, "VFs of " + pf));
        } catch (SystemCallException e) {
            throw new SriovException(e.getMessage(), e);
        }
    }

    @Override
    public List<String> altNames(String device) {
        int index = new NetDevice(device).index();
        if (index == 0) { // in another namespace, or renamed since it was listed
            return List.of();
        }
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            return VfMessages.altNames(
                    netlink.request(VfMessages.get(index), "names of " + device));
        } catch (SystemCallException e) {
            if (e.errno() != Errno.ENODEV) { // to know no name would be to select no card
                throw new SriovException(e.getMessage(), e);
            }
            return List.of(); // gone meanwhile
        }
    }

    @Override
    public void set(String pf, int vf, VfSetting setting) {
        int index = index(pf);
        try (NetlinkSocket netlink = new NetlinkSocket()) {
            netlink.request(VfMessages.set(index, vf, setting), "kernel says");
        } catch (SystemCallException e) {
            throw new SriovException(
                    refusal(pf, vf, setting, e.errno()) + " (" + e.getMessage() + ")", e);
        }
    }

    static String refusal(String pf, int vf, VfSetting setting, int errno) {
        return "VF attribute must be one that the card accepts: pf="
                + pf
                + " vf="
                + vf
                + " "
                + setting
                + ": "
                + reason(setting, errno);
    }

    static String reason(VfSetting setting, int errno) {
        return switch (errno) {
            case Errno.EINVAL ->
                    setting instanceof VfSetting.Rate
                            ? "the driver refuses the rate; many drivers accept a rate only while the PF's link is up, and no minimum rate"
                            : "the driver refuses the value, or has no such VF";
            case Errno.EOPNOTSUPP -> "the driver does not support this attribute";
            case Errno.EPROTONOSUPPORT -> "the driver does not support this VLAN protocol";
            case Errno.ERANGE -> "the value is out of the driver's range";
            case Errno.EPERM -> "the daemon lacks CAP_NET_ADMIN";
            case Errno.ENODEV -> "the PF does not exist any more";
            case Errno.EBUSY, Errno.EAGAIN -> "the driver is busy, or the VF is being reset";
            default -> "the kernel refuses";
        };
    }

    private static int index(String pf) {
        int index = new NetDevice(pf).index();
        if (index == 0) {
            throw new SriovException("PF must exist in the daemon's network namespace: pf=" + pf);
        }
        return index;
    }
}
