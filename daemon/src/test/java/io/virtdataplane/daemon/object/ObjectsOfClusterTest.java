package io.virtdataplane.daemon.object;

import static io.virtdataplane.daemon.object.ObjectsTest.NETWORK;
import static io.virtdataplane.daemon.object.ObjectsTest.POLICY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ObjectName;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that come from the Kubernetes API. */
class ObjectsOfClusterTest {
    private static final ApplyOptions SHARED = ApplyOptions.of("share", true, 7);
    @TempDir private Path state;
    private Objects objects;

    private void start() {
        objects =
                new Objects(
                        state,
                        new Manifests(ManifestDefaults.DEFAULT),
                        new Family(ObjectKind.NODE_NETWORK_POLICY, ObjectKind.NETWORK_DEFINITION));
        objects.restore();
    }

    @Test
    void whatTheClusterHasIsChangedOnlyThere() {
        start();
        objects.followed(Set.of(ObjectKind.NODE_NETWORK_POLICY));
        ApplyOptions ofCluster = ApplyOptions.DEFAULT.ofCluster();
        assertThat(objects.isKept(POLICY, ofCluster)).isFalse();
        assertThat(objects.follow(POLICY, ofCluster, false).orElseThrow().change())
                .isEqualTo("created");
        assertThat(objects.follow(POLICY, ofCluster, false).orElseThrow().change())
                .isEqualTo("unchanged");
        assertThatThrownBy(() -> objects.apply(NETWORK + "---\n" + POLICY, SHARED))
                .hasMessage(
                        "NodeNetworkConfigurationPolicy p1: it comes from the Kubernetes API: change or delete it there, with kubectl");
        assertThatThrownBy(() -> objects.delete(POLICY))
                .hasMessageContaining("it comes from the Kubernetes API");
        assertThatThrownBy(() -> objects.delete(ObjectKind.NODE_NETWORK_POLICY, "p1"))
                .hasMessageContaining("it comes from the Kubernetes API");
        start(); // as a restarted daemon
        assertThat(objects.isKept(POLICY, ofCluster)).isTrue();
        assertThat(objects.isKept(POLICY.replace("1500", "9000"), ofCluster)).isFalse();
        assertThat(objects.ofCluster())
                .containsExactly(new ObjectName(ObjectKind.NODE_NETWORK_POLICY, "p1"));
        objects.unfollow(new ObjectName(ObjectKind.NODE_NETWORK_POLICY, "p1"));
        assertThat(objects.ofCluster()).isEmpty();
        assertThat(objects.apply(POLICY, SHARED).objects().getFirst().change())
                .isEqualTo("created");
    }

    @Test
    void aVersionThatAsksNothingOfUsTakesBackWhatAnEarlierOneAsked() {
        start();
        ApplyOptions ofCluster = ApplyOptions.DEFAULT.ofCluster();
        String foreign = NETWORK.replace("cnv-bridge", "ovn-k8s-cni-overlay");
        assertThat(objects.follow(foreign, ofCluster, false)).isEmpty();
        assertThat(objects.follow(NETWORK, ofCluster, false)).isPresent();
        assertThat(objects.follow(foreign, ofCluster, false)).isEmpty();
        assertThat(objects.ofCluster()).isEmpty();
    }

    @Test
    void aKindThatIsNotFollowedAnyMoreIsGivenUpByHand() {
        start();
        objects.follow(POLICY, ApplyOptions.DEFAULT.ofCluster(), false);
        assertThat(objects.delete(POLICY).objects().getFirst().change()).isEqualTo("deleted");
        assertThat(objects.ofCluster()).isEmpty();
    }
}
