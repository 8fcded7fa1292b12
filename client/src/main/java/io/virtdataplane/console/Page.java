package io.virtdataplane.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.MessageOrBuilder;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The part of a list that a page shows.
 *
 * @param number from 1
 * @param filter in lower case; empty: all
 */
record Page(int number, int size, String filter) {
    private static final int LARGEST = 100;
    private static final int USUAL = 20;

    static Page of(Map<String, String> query) {
        return new Page(
                number(query, "page", 1, Integer.MAX_VALUE / LARGEST),
                number(query, "per", USUAL, LARGEST),
                query.getOrDefault("filter", "").strip().toLowerCase(Locale.ROOT));
    }

    private static int number(Map<String, String> query, String name, int usual, int largest) {
        String text = query.getOrDefault(name, "");
        if (text.isEmpty()) {
            return usual;
        }
        boolean isNumber = text.matches("[1-9]\\d{0,8}") && Integer.parseInt(text) <= largest;
        if (!isNumber) {
            throw new Refusal(
                    Refusal.BAD_REQUEST,
                    name,
                    name + " must be 1-" + largest + ": " + name + "=" + text);
        }
        return Integer.parseInt(text);
    }

    /** True where one of the texts has the filter in it. */
    boolean matches(String... texts) {
        for (String text : texts) {
            if (text.toLowerCase(Locale.ROOT).contains(filter)) {
                return true;
            }
        }
        return false;
    }

    /** That page of the rows; the last one where the list has become shorter. */
    <T> List<T> of(List<T> rows) {
        int last = Math.max(1, (rows.size() + size - 1) / size);
        int first = (Math.min(number, last) - 1) * size;
        return rows.subList(first, Math.min(rows.size(), first + size));
    }

    /** With "total" and "items". */
    ObjectNode answer(List<? extends MessageOrBuilder> rows) {
        ObjectNode answer = Json.object().put("total", rows.size());
        answer.set("items", Json.of(of(rows)));
        return answer;
    }
}
