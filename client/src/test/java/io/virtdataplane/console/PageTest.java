package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTest {
    private static final List<Integer> ROWS = IntStream.range(0, 1000).boxed().toList();

    @Test
    void hasTwentyRowsUnlessAskedOtherwise() {
        assertThat(Page.of(Map.of()).of(ROWS)).hasSize(20).startsWith(0);
        assertThat(Page.of(Map.of("page", "50")).of(ROWS)).hasSize(20).endsWith(999);
        assertThat(Page.of(Map.of("per", "100", "page", "2")).of(ROWS))
                .hasSize(100)
                .startsWith(100);
    }

    @Test
    void isTheLastOneWhereTheListHasBecomeShorter() {
        assertThat(Page.of(Map.of("page", "99")).of(ROWS)).startsWith(980);
        assertThat(Page.of(Map.of("page", "99")).of(List.of())).isEmpty();
        assertThat(Page.of(Map.of("page", "21474836")).of(ROWS)).startsWith(980);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "101", "1.5", "x", "99999999999", "1e3"})
    void wrongSizesAreRefused(String size) {
        assertThatThrownBy(() -> Page.of(Map.of("per", size)))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith("per must be 1-100");
    }

    @Test
    void filterIsWithoutCaseAndNoPattern() {
        Page page = Page.of(Map.of("filter", " VM.* "));
        assertThat(page.matches("a", "my-vm.*")).isTrue();
        assertThat(page.matches("vm-1")).isFalse();
        assertThat(Page.of(Map.of()).matches("anything")).isTrue();
    }
}
