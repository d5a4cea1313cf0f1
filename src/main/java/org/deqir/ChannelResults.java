/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.ArrayList;
import java.util.List;
import org.deqir.image.Plane;

/** Puts together what was restored channel by channel. */
final class ChannelResults {

    private ChannelResults() {}

    /** A result with planes of its own. */
    static RestorationResult copied(RestorationResult result) {
        final Plane deviation = result.standardDeviation();
        return new RestorationResult(
                result.restored().copy(),
                deviation == null ? null : deviation.copy(),
                result.report());
    }

    /**
     * One result of all channels.
     *
     * @param reports of the channels that were restored
     */
    static RestorationResult merged(RestorationResult[] parts, List<RestorationReport> reports) {
        final Plane[] means = new Plane[parts.length];
        final Plane[] deviations = new Plane[parts.length];
        for (int c = 0; c < means.length; c++) {
            means[c] = parts[c].restored();
            deviations[c] = parts[c].standardDeviation();
        }
        return new RestorationResult(
                stacked(means),
                deviations[0] == null ? null : stacked(deviations),
                RestorationReport.combine(reports));
    }

    /** One plane of the first channels of others. */
    static Plane stacked(Plane... channels) {
        final float[][] samples = new float[channels.length][];
        for (int c = 0; c < samples.length; c++) samples[c] = channels[c].channels()[0];
        return new Plane(samples, channels[0].width(), channels[0].height());
    }

    /** The states of channels that were followed one by one, as states of all of them. */
    static List<ChainState> states(List<List<ChainState>> channels) {
        final List<ChainState> states = new ArrayList<>();
        for (int i = 0; i < channels.get(0).size(); i++) {
            final int level = i;
            final ChainState first = channels.get(0).get(level);
            states.add(
                    new ChainState(
                            first.sigma(),
                            first.timestep(),
                            stacked(
                                    channels.stream()
                                            .map(channel -> channel.get(level).state())
                                            .toArray(Plane[]::new)),
                            stacked(
                                    channels.stream()
                                            .map(channel -> channel.get(level).estimate())
                                            .toArray(Plane[]::new))));
        }
        return states;
    }
}
