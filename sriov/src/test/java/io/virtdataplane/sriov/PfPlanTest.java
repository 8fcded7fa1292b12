package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PfPlanTest {
    private final List<PhysicalFunction> pfs;

    PfPlanTest(@TempDir Path root) {
        pfs = new Discovery(new FakeNode(root).withCard(64).sysfs()).physicalFunctions();
    }

    private PfPlan plan(Policies... policies) {
        List<PfPlan> plans =
                PfPlan.of(
                        Arrays.stream(policies).map(Policies::make).toList(),
                        pfs,
                        new SupportedNics(List.of()));
        assertThat(plans).hasSize(1);
        return plans.getFirst();
    }

    private static List<String> groups(PfPlan plan) {
        return plan.groups().stream().map(g -> g.resourceName() + " " + g.range()).toList();
    }

    @Test
    void onePolicyIsOneGroupOfAllVfs() {
        PfPlan plan = plan(Policies.vfio().vfs(8).mtu(9000));
        assertThat(groups(plan)).containsExactly("net1 0-7");
        assertThat(plan.numVfs()).isEqualTo(8);
        assertThat(plan.mtu()).isEqualTo(9000);
    }

    @Test
    void rangesOfOneCardServeTwoResources() {
        PfPlan plan =
                plan(
                        Policies.vfio().named("a").resource("a").pfs("ens1f0#0-3").vfs(8).mtu(9000),
                        Policies.netdevice().named("b").resource("b").pfs("ens1f0#4-7").vfs(8));
        assertThat(groups(plan)).containsExactly("b 4-7", "a 0-3");
        assertThat(plan.numVfs()).isEqualTo(8);
        assertThat(plan.mtu()).isEqualTo(9000);
    }

    @Test
    void lowerPriorityNumberWinsAndAbsentIs99() {
        Policies ten = Policies.vfio().named("z").resource("ten").model("8086", "").priority(10);
        Policies absent = Policies.vfio().named("a").resource("absent").model("8086", "").vfs(16);
        Policies zero = Policies.vfio().named("m").resource("zero").model("8086", "").priority(0);
        assertThat(groups(plan(ten, absent))).containsExactly("ten 0-3");
        assertThat(groups(plan(absent, ten))).containsExactly("ten 0-3");
        assertThat(plan(absent, ten).numVfs()).isEqualTo(4);
        Policies last = Policies.vfio().named("z").resource("last").model("8086", "").priority(99);
        assertThat(groups(plan(last, absent)))
                .as("absent is 99: among equals the last name")
                .containsExactly("last 0-3");
        assertThat(plan(last, absent).numVfs()).isEqualTo(16);
        assertThat(groups(plan(zero, absent, ten))).containsExactly("zero 0-3");
    }

    @Test
    void equalPrioritiesTakeTheLargerCountAndMtu() {
        PfPlan plan =
                plan(
                        Policies.vfio().named("a").resource("a").model("8086", "").vfs(16),
                        Policies.vfio().named("b").resource("b").model("8086", "").mtu(9000));
        assertThat(groups(plan)).containsExactly("b 0-3");
        assertThat(plan.numVfs()).isEqualTo(16);
        assertThat(plan.mtu()).isEqualTo(9000);
    }

    @Test
    void rangeBesideTheWholeCardKeepsWhatDoesNotOverlap() {
        PfPlan plan =
                plan(
                        Policies.vfio().named("a").resource("whole").pfs("ens1f0").vfs(4),
                        Policies.vfio()
                                .named("b")
                                .resource("range")
                                .pfs("ens1f0#4-7")
                                .vfs(8)
                                .priority(10));
        assertThat(groups(plan)).containsExactly("range 4-7", "whole 0-3");
    }
}
