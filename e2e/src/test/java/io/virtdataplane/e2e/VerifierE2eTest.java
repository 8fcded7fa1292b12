package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The verifiers of Debian's kernels, in QEMU guests, take all programs with all that they can do:
 * older verifiers know less of a program than the one of the machine that a developer has, and
 * newer ones reject what older ones have overlooked.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(600)
class VerifierE2eTest {
    private static final int TEST_SECONDS = 120;
    private static final Path LOADER = Path.of("src/test/guest/load-programs.c").toAbsolutePath();
    private static final Path OBJECTS =
            Path.of("../dataplane/target/classes/io/virtdataplane/port")
                    .toAbsolutePath()
                    .normalize();
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    /** Of Debian 12 and its security updates: 6.1, and 6.12, which is Debian 13's. */
    @ParameterizedTest
    @ValueSource(strings = {"linux-image-cloud-amd64", "linux-image-6.12-cloud-amd64"})
    void debiansKernelsTakeAllPrograms(String kernelPackage) throws IOException {
        TestGuest guest = new TestGuest(lab.shell, kernelPackage);
        Shell.Result built = guest.build();
        if (built.code() == TestGuest.NO_SUCH_KERNEL) {
            System.out.println("NOT RUN: VerifierE2eTest: " + built.out().strip());
        }
        assumeTrue(built.code() != TestGuest.NO_SUCH_KERNEL, built.out());
        assertThat(built.code()).as(built.out()).isZero();
        Path files = Files.createDirectory(lab.shell.directory().resolve("overlay"));
        String loader = files.resolve("load-programs").toString();
        lab.shell.must("gcc", "-static", "-o", loader, LOADER.toString());
        for (String object : List.of("pod.bpf.o", "bridge.bpf.o", "service.bpf.o")) {
            Files.copy(OBJECTS.resolve(object), files.resolve(object));
        }
        Files.writeString(
                files.resolve("test.sh"),
                "for object in pod bridge service; do /load-programs /$object.bpf.o; done\n");
        guest.boot(
                files,
                List.of(),
                command -> lab.shell.start(lab.shell.directory().resolve("qemu.log"), command));
        String said = guest.await("GUEST-DONE", TEST_SECONDS).replace("\r", "");
        System.out.println("verifier: " + said.lines().findFirst().orElse(""));
        assertThat(said.lines().filter(line -> line.startsWith("LOADED ")))
                .as(said)
                .containsExactlyInAnyOrder(
                        "LOADED vdp_ingress",
                        "LOADED vdp_egress",
                        "LOADED vdp_tap",
                        "LOADED vdp_loopback",
                        "LOADED vdp_mesh",
                        "LOADED vdp_guest",
                        "LOADED vdp_shield",
                        "LOADED vdp_bridge",
                        "LOADED vdp_to_bridge",
                        "LOADED vdp_crossing",
                        "LOADED vdp_service_in",
                        "LOADED vdp_service_out",
                        "LOADED vdp_lead4",
                        "LOADED vdp_lead4",
                        "LOADED vdp_lead6",
                        "LOADED vdp_lead6",
                        "LOADED vdp_lead_back4",
                        "LOADED vdp_lead_back4",
                        "LOADED vdp_lead_back6",
                        "LOADED vdp_lead_back6");
        assertThat(said).doesNotContain("REFUSED");
    }
}
