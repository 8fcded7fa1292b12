package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.GroupMember;
import io.virtdataplane.api.ListGroupsRequest;
import io.virtdataplane.api.ListGroupsResponse;
import java.util.List;

/** Which port of a bridge has joined which group. */
final class GroupListing implements Listing<ListGroupsResponse, GroupMember> {
    @Override
    public List<String> names() {
        return List.of("mdb", "groups");
    }

    @Override
    public ListGroupsResponse fetch(Client client, Query query) {
        return client.networks()
                .listGroups(
                        ListGroupsRequest.newBuilder()
                                .setBridge(query.name())
                                .setLimit(query.limit())
                                .build());
    }

    @Override
    public List<GroupMember> rows(ListGroupsResponse answer) {
        return answer.getMembersList();
    }

    @Override
    public List<Column<GroupMember>> columns() {
        return List.of(
                Column.of("BRIDGE", GroupMember::getBridge),
                Column.of("VLAN", member -> Integer.toString(member.getVlan())),
                Column.of("GROUP", GroupMember::getGroup),
                Column.of("PORT", GroupMember::getPort),
                Column.of("KIND", GroupMember::getKind),
                Column.of("EXPIRES", member -> Cells.age(member.getExpiresSeconds())));
    }

    @Override
    public String footer(ListGroupsResponse answer) {
        return Names.leftOut(answer.getMembersCount(), answer.getTotal(), "memberships");
    }
}
