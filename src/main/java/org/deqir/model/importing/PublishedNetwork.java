/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.DdpmUNet;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.NetworkArchitecture;

/**
 * Unconditional networks whose weights their authors published, with what the weights do not tell.
 * The settings are those of the commands that the authors state in the README of each repository.
 *
 * @param name what messages call it
 * @param architecture the network
 * @param schedule the schedule it was trained with
 */
record PublishedNetwork(
        String name, NetworkArchitecture architecture, ScheduleDescription schedule) {

    /** improved-diffusion's timesteps are scaled to 1000 unless its authors chose otherwise. */
    private static final ScheduleDescription COSINE_4000 =
            new ScheduleDescription("cosine", 0, 0, 4000, 1000);

    private static final List<PublishedNetwork> ALL =
            List.of(
                    new PublishedNetwork(
                            "the unconditional 256 x 256 networks of guided-diffusion",
                            new GuidedDiffusionUNet(
                                    3,
                                    256,
                                    6,
                                    2,
                                    List.of(8, 16, 32),
                                    List.of(1., 1., 2., 2., 4., 4.),
                                    64,
                                    4,
                                    -1,
                                    true,
                                    true,
                                    true,
                                    false),
                            ScheduleDescription.USUAL),
                    new PublishedNetwork(
                            "the ImageNet network of improved-diffusion",
                            improved(List.of(4, 8), List.of(1., 2., 3., 4.), 3, 4, true),
                            COSINE_4000),
                    new PublishedNetwork(
                            "the CIFAR-10 network of improved-diffusion",
                            improved(List.of(2, 4), List.of(1., 2., 2., 2.), 3, 4, true),
                            COSINE_4000),
                    new PublishedNetwork(
                            "the LSUN network of improved-diffusion",
                            improved(List.of(16), List.of(1., 1., 2., 2., 4., 4.), 2, 1, false),
                            ScheduleDescription.USUAL),
                    new PublishedNetwork(
                            "the 256 x 256 networks of SDEdit",
                            new DdpmUNet(
                                    3,
                                    128,
                                    3,
                                    2,
                                    List.of(16),
                                    List.of(1, 1, 2, 2, 4, 4),
                                    true,
                                    256),
                            ScheduleDescription.USUAL));

    private static NetworkArchitecture improved(
            List<Integer> attention,
            List<Double> multipliers,
            int residualBlocks,
            int heads,
            boolean scaleShift) {
        return new GuidedDiffusionUNet(
                3,
                128,
                6,
                residualBlocks,
                attention,
                multipliers,
                -1,
                heads,
                -1,
                scaleShift,
                false,
                true,
                false);
    }

    /** The published network whose parameters have exactly the names and shapes of these. */
    static Optional<PublishedNetwork> of(Map<String, TensorInfo> tensors, String weights) {
        for (PublishedNetwork network : ALL)
            try {
                if (ArchitectureInference.infer(
                                tensors, network.architecture.configuration(), weights)
                        .architecture()
                        .equals(network.architecture)) return Optional.of(network);
            } catch (IllegalArgumentException e) {
                // Its settings do not fit the tensors: another network.
            }
        return Optional.empty();
    }
}
