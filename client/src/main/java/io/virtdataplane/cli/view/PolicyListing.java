package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.Condition;
import io.virtdataplane.api.ListPoliciesRequest;
import io.virtdataplane.api.ListPoliciesResponse;
import io.virtdataplane.api.Policy;
import java.util.List;

/** NodeNetworkConfigurationPolicies, and what became of them. */
final class PolicyListing implements Listing<ListPoliciesResponse, Policy> {
    @Override
    public List<String> names() {
        return List.of("policies", "policy", "nncp");
    }

    @Override
    public ListPoliciesResponse fetch(Client client, Query query) {
        List<Policy> all =
                client.networks()
                        .listPolicies(ListPoliciesRequest.getDefaultInstance())
                        .getPoliciesList();
        return ListPoliciesResponse.newBuilder()
                .addAllPolicies(
                        Names.chosen(
                                all,
                                query.name(),
                                "NodeNetworkConfigurationPolicy",
                                Policy::getName))
                .build();
    }

    @Override
    public List<Policy> rows(ListPoliciesResponse answer) {
        return answer.getPoliciesList();
    }

    @Override
    public List<Column<Policy>> columns() {
        return List.of(
                Column.of("NAME", Policy::getName),
                Column.of("STATUS", policy -> holding(policy.getConditionsList()).getType()),
                Column.of("REASON", policy -> holding(policy.getConditionsList()).getReason()),
                Column.of("MESSAGE", PolicyListing::message));
    }

    private static String message(Policy policy) {
        return holding(
                        policy.hasEnactment()
                                ? policy.getEnactment().getConditionsList()
                                : policy.getConditionsList())
                .getMessage();
    }

    private static Condition holding(List<Condition> conditions) {
        return conditions.stream()
                .filter(condition -> condition.getStatus().equals("True"))
                .findFirst()
                .orElse(Condition.getDefaultInstance());
    }
}
