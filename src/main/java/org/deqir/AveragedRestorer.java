/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.Objects;
import java.util.function.Supplier;
import org.deqir.image.Plane;
import org.deqir.neighbours.Blend;
import org.deqir.neighbours.Fusion;
import org.deqir.progress.Progress;

/**
 * Denoises planes that were averaged with their neighbours in time or depth.
 *
 * <p>The network is told of the lower noise of the average. Where few neighbours take part, the
 * noise is higher, which {@link Restoration#variances} tells: one evaluation is enough for all.
 */
public final class AveragedRestorer {

    /** Exposures below which an average is not worth its risk. */
    private static final double LEAST = 1.2;

    private final Restorer restorer;

    /**
     * @param restorer what denoises single planes
     */
    public AveragedRestorer(Restorer restorer) {
        this.restorer = Objects.requireNonNull(restorer, "restorer");
    }

    /**
     * {@return exposures whose noise a plane is denoised with: 1 if it is denoised alone}
     *
     * @param fused a plane averaged with its neighbours
     */
    public static double exposures(Fusion.Fused fused) {
        final double exposures = Blend.exposures(fused);
        return exposures < LEAST ? 1 : exposures;
    }

    /**
     * {@return the restoration of an average of planes, from that of one of them}
     *
     * @param ofOne of a single plane
     * @param exposures how many were averaged, at least 1
     */
    public static Restoration ofAverage(Restoration ofOne, double exposures) {
        return ofOne.with(r -> r.noise(ofOne.noise().amplified(1 / exposures)));
    }

    /**
     * Denoises a plane.
     *
     * @param own the plane as measured; not changed
     * @param fused its average with its neighbours; not changed
     * @param ofOne the restoration that the average's is made from: of a plane with the noise of
     *     one exposure
     * @param ofOwn the restoration of the plane alone; asked for where much of it is
     * @param progress asked before every network call whether to go on
     * @return the denoised plane in its own brightness
     * @throws IllegalArgumentException as {@link Restorer#restore(Plane, Restoration, Progress)}
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    public RestorationResult restore(
            Plane own,
            Fusion.Fused fused,
            Restoration ofOne,
            Supplier<Restoration> ofOwn,
            Progress progress) {
        final double exposures = exposures(fused);
        if (exposures == 1) return restorer.restore(own, ofOwn.get(), progress);
        final Blend blend = new Blend(own, fused);
        final RestorationResult result =
                restorer.restore(
                        blend.plane(),
                        ofAverage(blend.isUneven() ? ofOwn.get() : ofOne, exposures)
                                .withVariances(
                                        blend.isNoisierSomewhere() ? blend.variances() : null),
                        progress);
        return new RestorationResult(
                result.restored(),
                result.standardDeviation(),
                result.report().withNoise(ofOne.noise().describe() + ", of one exposure"));
    }
}
