package io.virtdataplane.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.Endpoint;
import io.virtdataplane.daemon.metrics.MetricsConfig;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.manifest.ManifestDefaults;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    @TempDir private Path directory;

    @Test
    void missingFileMeansDefaultsUnlessItWasAskedFor() {
        Path missing = directory.resolve("none.yaml");
        assertThat(Config.of(ConfigFile.read(missing, false)).socket().path().toString())
                .isEqualTo(Endpoint.DEFAULT_SOCKET);
        assertThatThrownBy(() -> ConfigFile.read(missing, true))
                .hasMessage("config must exist: config=" + missing);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "# group: kvm\n#\n", "---\n# none\n", "  # indented\n"})
    void aFileWithoutASettingMeansDefaults(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("config.yaml"), content);
        assertThat(Config.of(ConfigFile.read(file, true)).socket().group()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clusterIpRange: [10.0.0.0/8] | services.clusterIpRange must be networks in CIDR notation with 2-20 bits for hosts: clusterIpRange=[10.0.0.0/8]",
                "clusterIpRange: [] | services.clusterIpRange must be one network, or one of each address family: clusterIpRange=[]",
                "clusterIpRange: [10.96.0.0/12, 10.43.0.0/16] | services.clusterIpRange must be one network, or one of each address family: clusterIpRange=[10.96.0.0/12, 10.43.0.0/16]",
                "nodePortRange: 30000 | services.nodePortRange must be FIRST-LAST, of 1-65535: nodePortRange=30000",
                "nodePortRange: 30000-29999 | services.nodePortRange must be FIRST-LAST, of 1-65535: nodePortRange=30000-29999",
                "nodePortRange: 0-70000 | services.nodePortRange must be FIRST-LAST, of 1-65535: nodePortRange=0-70000",
                "loadBalancerPool: [192.0.2.0/8] | services.loadBalancerPool must have networks in CIDR notation, or FIRST-LAST, of 1-65536 addresses: loadBalancerPool=192.0.2.0/8",
                "loadBalancerPool: [192.0.2.9-192.0.2.1] | services.loadBalancerPool must have networks in CIDR notation, or FIRST-LAST, of 1-65536 addresses: loadBalancerPool=192.0.2.9-192.0.2.1",
                "loadBalancerPool: [192.0.2.9] | services.loadBalancerPool must have networks in CIDR notation, or FIRST-LAST, of 1-65536 addresses: loadBalancerPool=192.0.2.9",
                "loadBalancerPool: [10.96.1.0/24] | services.loadBalancerPool must not overlap clusterIpRange: loadBalancerPool=[10.96.1.0/24] clusterIpRange=10.96.0.0/12",
            })
    void wrongSettingOfServicesIsRefused(String setting, String words) throws IOException {
        Path file =
                Files.writeString(
                        directory.resolve("config.yaml"), "services: {" + setting + "}\n");
        assertThatThrownBy(() -> Config.of(ConfigFile.read(file, true))).hasMessage(words);
    }

    @Test
    void settingWithoutAValueHasItsDefault() throws IOException {
        Path file = Files.writeString(directory.resolve("config.yaml"), "group:\nsriov:\n");
        Config config = Config.of(ConfigFile.read(file, true));
        assertThat(config.socket().group()).isEmpty();
        assertThat(config.sriov()).isEqualTo(SriovConfig.DEFAULT);
    }

    @Test
    void whatManifestsLeaveOpenIsASetting() throws IOException {
        Path file = directory.resolve("config.yaml");
        Files.writeString(file, "sriov: {operatorNamespace: net-ops}\ndefaultInterface: none\n");
        assertThat(Config.of(ConfigFile.read(file, true)).manifests())
                .isEqualTo(new ManifestDefaults(List.of("net-ops"), false));
        assertThat(Config.of(new ConfigFile()).manifests()).isEqualTo(ManifestDefaults.DEFAULT);
    }

    @Test
    void metricsStandBesideTheControlSocketAndForItsGroup() throws IOException {
        Path file = directory.resolve("config.yaml");
        assertThat(Config.of(new ConfigFile()).metrics())
                .isEqualTo(
                        new MetricsConfig(
                                Optional.of(
                                        Path.of("/run/virt-dataplane/virt-dataplane-metrics.sock")),
                                "",
                                Optional.empty(),
                                1000));
        Files.writeString(file, "{group: net, socket: /x/y, metrics: {address: '[::1]:9464'}}");
        assertThat(Config.of(ConfigFile.read(file, true)).metrics())
                .isEqualTo(
                        new MetricsConfig(
                                Optional.of(Path.of("/x/y-metrics.sock")),
                                "net",
                                Optional.of(
                                        new InetSocketAddress(InetAddress.ofLiteral("::1"), 9464)),
                                1000));
        Files.writeString(file, "{group: net, metrics: {socket: none, group: scrapers}}");
        assertThat(Config.of(ConfigFile.read(file, true)).metrics())
                .isEqualTo(new MetricsConfig(Optional.empty(), "scrapers", Optional.empty(), 1000));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "workers: 65 | workers must be 0-64: workers=65",
                "workerCpus: [-1] | workerCpus must be at most 64 processors of 0-1023: workerCpus=[-1]",
                "workerCpus: [1, 1] | workerCpus must name each processor once: workerCpus=[1, 1]",
                "{workers: 2, workerCpus: [1]} | workers must be equal to the number of workerCpus: workers=2 workerCpus=[1]",
                "poller: dpdk | poller must be auto, io_uring or epoll: poller=dpdk",
                "socket: rel.sock | socket must be an absolute path",
                "hooks: xdp | hooks must be auto, tcx or clsact: hooks=xdp",
                "colour: red | config must not have unknown settings: setting=colour",
                "sriov: {nodeLabels: {a: b}} | config must not have unknown settings: setting=sriov.nodeLabels",
                "sriov: {resourcePrefix: A} | resourcePrefix must be a DNS name in lower case",
                "sriov: {supportedNics: [x]} | must be",
                "sriov: {operatorNamespace: A} | sriov.operatorNamespace must be a DNS label in lower case: operatorNamespace=A",
                "macPool: {start: '02:00:00:00:00:00'} | macPool.start and macPool.end must be given both or not at all: start=02:00:00:00:00:00 end=",
                "macPool: {start: '03:00:00:00:00:00', end: '03:00:00:00:00:01'} | macPool.start must be a unicast MAC address",
                "macPool: {conflicts: never} | macPool.conflicts must be refuse or warn: conflicts=never",
                "defaultInterface: bridge | defaultInterface must be masquerade or none: defaultInterface=bridge",
                "metrics: {address: '0.0.0.0:9464'} | metrics.address must be 127.0.0.1:PORT or [::1]:PORT, as nobody is asked who he is there; an agent on this node takes metrics to others: address=0.0.0.0:9464",
                "metrics: {address: '127.0.0.1:0'} | metrics.address must be 127.0.0.1:PORT or [::1]:PORT",
                "metrics: {address: 'localhost:9464'} | metrics.address must be 127.0.0.1:PORT or [::1]:PORT",
                "metrics: {address: '[::]:9464'} | metrics.address must be 127.0.0.1:PORT or [::1]:PORT",
                "metrics: {socket: rel.sock} | metrics.socket must be none, or an absolute path shorter than 108 bytes: socket=rel.sock",
                "metrics: {nics: -1} | metrics.nics must be 0-4096: nics=-1",
                "workers: many | config must be readable YAML",
                "framesPerWorker: 8 | framesPerWorker must be 64-1024: framesPerWorker=8",
                "journalBytes: 5 | journalBytes must be at least 1048576: journalBytes=5",
            })
    void wrongSettingIsNamedWithItsRule(String line, String message) throws IOException {
        Path file = Files.writeString(directory.resolve("config.yaml"), line + "\n");
        assertThatThrownBy(() -> Config.of(ConfigFile.read(file, true)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
