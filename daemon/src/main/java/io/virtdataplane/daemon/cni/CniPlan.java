package io.virtdataplane.daemon.cni;

import io.virtdataplane.api.AttachRequest;
import java.util.List;

/**
 * What an ADD comes to, checked: nothing has been touched yet.
 *
 * @param make makes the pod's devices; in its namespace
 * @param request attaches the NIC to them
 * @param interfaces what the runtime is told
 */
record CniPlan(Runnable make, AttachRequest request, List<CniResult.Interface> interfaces) {}
