package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.kube.Enactments.Enactment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is at a policy, by what nodes with other clocks have written. */
class PolicyRolloutTest {
    @ParameterizedTest
    @CsvSource({
        "5, Progressing, true", // its clock is ahead
        "-5, Progressing, true",
        "-599, Progressing, true",
        "-700, Progressing, false", // it died over it
        "5, Available, false",
        "5, Pending, false"
    })
    void aClaimHoldsWhateverTheClocks(int writtenInSeconds, String standing, boolean isBusy) {
        long sinceMs = System.currentTimeMillis() + writtenInSeconds * 1000L;
        assertThat(PolicyRollout.isBusy(new Enactment("node2", standing, "", 1, sinceMs)))
                .isEqualTo(isBusy);
    }
}
