/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.Bench;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped grey prior reaches what is required of it on real images. */
@Tag("slow")
class RestorerBenchTest {

    @ParameterizedTest
    @ValueSource(strings = {"denoise-gaussian-25", "super-resolution-2"})
    void reachesWhatIsRequired(String task) throws IOException {
        assumeTrue(Bench.isPresent(), "the bench images are not beside this checkout");
        final var facts = Bench.task(task);
        final Restoration restoration =
                new Restoration(
                        task.startsWith("super-resolution")
                                ? new Downsampling(2, Downsampling.Kernel.AVERAGE)
                                : new Identity(),
                        new NoiseModel.Gaussian(facts.get("sigma").getAsDouble()));
        double sum = 0;
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            for (final String image : Bench.images()) {
                final Plane restored =
                        new Restorer(prior)
                                .restore(Bench.measured(task, image), restoration, Progress.NONE)
                                .restored();
                sum +=
                        PeakSignalToNoiseRatio.ofClipped(
                                Bench.truth(image).channels()[0], restored.channels()[0], 1);
            }
        }
        final double mean = sum / Bench.images().size();
        assertTrue(
                mean >= facts.get("required").getAsDouble(),
                "mean PSNR " + mean + " dB, required " + facts.get("required"));
    }
}
