package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.WatchRequest;
import java.util.Iterator;

/**
 * A kind whose rows are the NICs, or what each of them has.
 *
 * @param <R> one row of the table
 */
interface ListingFromNics<R> extends Listing<ListResponse, R> {
    @Override
    default ListResponse fetch(Client client, Query query) {
        return Names.only(client.call().list(ListRequest.getDefaultInstance()), query.name());
    }

    @Override
    default boolean canBeWatched() {
        return true;
    }

    @Override
    default Iterator<ListResponse> watch(Client client, Query query) {
        Iterator<ListResponse> answers = client.call().watch(WatchRequest.getDefaultInstance());
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return answers.hasNext();
            }

            @Override
            public ListResponse next() {
                return Names.only(answers.next(), query.name());
            }
        };
    }
}
