package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * What a thousand Services with ten endpoints each cost: a frame of a session that is for none
 * ({@code known}), one that opens such a session ({@code opens}), and one that opens a session to a
 * Service ({@code service}). Without Services the last is as {@code opens}.
 */
public class ServiceBenchmark extends WalkBenchmark {
    private static final int ENDPOINTS = 10;
    private static final int FIRST = AddressText.ipv4("10.96.0.1");

    @Param({"0", "1000"})
    int services;

    @Param({"known", "opens", "service"})
    String frame;

    @Override
    @Setup
    public void prepare() {
        super.prepare();
        serve();
    }

    private void serve() {
        List<FrontEnd> all = new ArrayList<>();
        for (int i = 0; i < services; i++) {
            List<Endpoint> endpoints = new ArrayList<>();
            for (int each = 0; each < ENDPOINTS; each++) {
                int address = AddressText.ipv4("10.245.0.1") + i * ENDPOINTS + each;
                endpoints.add(new Endpoint(0, Ip.mapped(address), 5353));
            }
            all.add(
                    new FrontEnd(
                            new Endpoint(0, Ip.mapped(FIRST + i), 53),
                            Protocols.UDP,
                            i,
                            0,
                            false,
                            FrontEnd.ANYBODY,
                            true,
                            endpoints,
                            endpoints,
                            ""));
        }
        ServiceCounts counts = new ServiceCounts();
        counts.begin(services, new int[0]);
        nat.services(ServiceTable.of(all), counts, true);
        if (!frame.equals("known")) {
            age();
        }
        if (frame.equals("service")) {
            send(each -> FIRST + each % 1000);
        }
    }
}
