package io.virtdataplane.console;

import io.virtdataplane.api.GivenFrame;
import io.virtdataplane.api.Nic;

/** Makes the first frame of a flow from words such as "tcp 198.51.100.9:5000 > pod:80". */
@FunctionalInterface
public interface FlowWords {
    /**
     * The frame, and where it comes from.
     *
     * @throws IllegalArgumentException where the words are no flow
     */
    GivenFrame frame(String words, Nic nic);
}
