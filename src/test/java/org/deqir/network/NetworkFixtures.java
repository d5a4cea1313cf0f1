/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.DdpmUNet;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.testing.Fixtures;

/** The reference networks. */
public final class NetworkFixtures {

    /** guided-diffusion's 256x256_diffusion_uncond.pt: 552 814 086 weights. */
    public static final GuidedDiffusionUNet PUBLISHED =
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
                    false);

    private NetworkFixtures() {}

    @SuppressWarnings("unchecked")
    public static NetworkArchitecture architecture(String name) {
        final JsonObject c = Fixtures.networkCase(name);
        final Map<String, Object> configuration = new Gson().fromJson(c.get("config"), Map.class);
        final String layout =
                c.get("architecture").getAsString().startsWith("guided-diffusion")
                        ? GuidedDiffusionUNet.LAYOUT
                        : DdpmUNet.LAYOUT;
        return ArchitectureInference.of(layout, configuration);
    }

    /** The network from the first of its checkpoint files. */
    static UNetNoisePredictor load(String name, Precision precision) throws IOException {
        final String file =
                Fixtures.networkCase(name).getAsJsonArray("checkpoints").get(0).getAsString();
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file(file))) {
            return UNetNoisePredictor.load(architecture(name), checkpoint, precision);
        }
    }
}
