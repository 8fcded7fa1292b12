package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.network.Conditions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConditionMapsTest {
    private static final String LONG_AGO = "2020-01-01T00:00:00Z";

    private static List<Map<String, Object>> aged(List<Map<String, Object>> all) {
        return all.stream()
                .<Map<String, Object>>map(
                        condition -> {
                            Map<String, Object> aged = new HashMap<>(condition);
                            aged.put("lastTransitionTime", LONG_AGO);
                            aged.put("lastHeartbeatTime", LONG_AGO);
                            return aged;
                        })
                .toList();
    }

    private static Map<String, Object> of(List<Map<String, Object>> all, String type) {
        return all.stream().filter(each -> type.equals(each.get("type"))).findFirst().orElseThrow();
    }

    @Test
    void whatSaysTheSameIsTheSame() {
        List<Map<String, Object>> before = aged(ConditionMaps.of(Conditions.pending(), List.of()));
        assertThat(ConditionMaps.of(Conditions.pending(), before)).isEqualTo(before);
    }

    @Test
    void aTransitionIsAnotherStatusAndNotAnotherReason() {
        List<Map<String, Object>> before =
                aged(ConditionMaps.of(Conditions.failing("one reason"), List.of()));
        List<Map<String, Object>> now = ConditionMaps.of(Conditions.failing("another"), before);
        assertThat(of(now, "Failing"))
                .containsEntry("lastTransitionTime", LONG_AGO)
                .containsEntry("message", "another")
                .doesNotContainEntry("lastHeartbeatTime", LONG_AGO);
        List<Map<String, Object>> later = ConditionMaps.of(Conditions.enacting(), now);
        assertThat(of(later, "Failing"))
                .containsEntry("status", "Unknown")
                .doesNotContainEntry("lastTransitionTime", LONG_AGO);
        assertThat(of(later, "Pending")).containsEntry("lastTransitionTime", LONG_AGO);
        assertThat(ConditionMaps.isTrue(later, "Progressing")).isTrue();
        assertThat(ConditionMaps.isTrue(later, "Available")).isFalse();
    }
}
