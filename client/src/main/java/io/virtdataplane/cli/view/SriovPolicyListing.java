package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListSriovPoliciesRequest;
import io.virtdataplane.api.ListSriovPoliciesResponse;
import io.virtdataplane.api.SriovPolicy;
import java.util.List;

/** SriovNetworkNodePolicies, and the PFs that each selects. */
final class SriovPolicyListing implements Listing<ListSriovPoliciesResponse, SriovPolicy> {
    @Override
    public List<String> names() {
        return List.of("sriov-policies", "sriov-policy");
    }

    @Override
    public ListSriovPoliciesResponse fetch(Client client, Query query) {
        List<SriovPolicy> all =
                client.sriov()
                        .listPolicies(ListSriovPoliciesRequest.getDefaultInstance())
                        .getPoliciesList();
        return ListSriovPoliciesResponse.newBuilder()
                .addAllPolicies(
                        Names.chosen(
                                all, query.name(), "SriovNetworkNodePolicy", SriovPolicy::getName))
                .build();
    }

    @Override
    public List<SriovPolicy> rows(ListSriovPoliciesResponse answer) {
        return answer.getPoliciesList();
    }

    @Override
    public List<Column<SriovPolicy>> columns() {
        return List.of(
                Column.of("NAME", SriovPolicy::getName),
                Column.of("RESOURCE", SriovPolicy::getResourceName),
                Column.of("PRIORITY", policy -> Integer.toString(policy.getPriority())),
                Column.of("NUM-VFS", policy -> Integer.toString(policy.getNumVfs())),
                Column.of(
                        "DEVICE-TYPE",
                        policy -> policy.getDeviceType() + (policy.getIsRdma() ? ",rdma" : "")),
                Column.of("MTU", policy -> Cells.positive(policy.getMtu())),
                Column.of("PFS", policy -> String.join(",", policy.getPfsList())),
                Column.of("STATUS", SriovPolicy::getStatus));
    }
}
