package io.virtdataplane.daemon.cni;

import java.util.List;
import java.util.function.BiPredicate;

/**
 * Networks of one type, and what becomes of a runtime's calls about them. Calls about one container
 * come one after the other.
 */
interface CniNetwork {
    /** All of it or nothing; what the runtime is told of it. */
    List<CniResult.Interface> add(CniCall call, CniConfig config, CniArguments arguments);

    /** Nothing where there is nothing. */
    void delete(CniCall call, CniConfig config);

    /** A DEL that came while no daemon was there. */
    void deleteLater(String containerId, String ifname);

    void check(CniCall call, CniConfig config, CniArguments arguments);

    /**
     * Takes away what the runtime does not name.
     *
     * @param network its name
     * @param isValid container and interface
     */
    void collect(String network, BiPredicate<String, String> isValid);

    /** Throws where an ADD would find something missing. */
    void checkStatus(CniConfig config);
}
