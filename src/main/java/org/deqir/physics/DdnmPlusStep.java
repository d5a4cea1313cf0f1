/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;

/**
 * The data step of DDNM+ (Wang, Yu and Zhang, "Zero-Shot Image Restoration Using Denoising
 * Diffusion Null-Space Model", ICLR 2023) for white measurement noise.
 *
 * <p>x̂₀ = x₀ + V Λ S⁺ (ȳ − S x̄). Entry i of the measurement brings noise of standard deviation
 * σ_y/s_i into the image. As long as the next level σ' is noisier than that, the measurement is
 * taken in full (λ_i = 1) and correspondingly less fresh noise is added, so that the state has
 * exactly the variance its level asks for: (λ_i σ_y/s_i)² + n_i² σ'² = σ'². Below, λ_i = s_i σ'/σ_y
 * and no noise is added. For the last step, σ' = 0, a noisy measurement is not taken at all.
 */
public final class DdnmPlusStep extends SpectralDataStep {

    /** Stands for σ_y/σ' where σ' = 0; its product with any s⁺ is finite or +∞, never NaN. */
    private static final double LARGEST_RATIO = 1e15;

    private final double noise;

    /**
     * The step for one measurement or one for each row.
     *
     * @param operator A; stays the caller's and must live as long as the step
     * @param y one measurement (1, …) for all rows, or one for each row (N, …)
     * @param noise σ_y ≥ 0, standard deviation of the measurement's noise where images are in [−1,
     *     1]
     */
    public DdnmPlusStep(SpectralOperator operator, NDArray y, double noise) {
        super(operator, y);
        this.noise = SpectralProximalStep.requireNoise(noise);
    }

    @Override
    NDArray gain(NDManager manager, double[] sigma, double[] nextSigma) {
        // λ/s = min(1/s, σ'/σ_y)
        final NDArray inverse = Tensors.view(operator.inverseSingularValues(), manager);
        if (noise == 0) return inverse;
        final double[] limit = Arrays.stream(nextSigma).map(next -> next / noise).toArray();
        return inverse.minimum(perRow(manager, limit));
    }

    @Override
    public NDArray shapeNoise(NDArray z, double[] nextSigma) {
        Tensors.requireShape(z, operator.imageShape(), "The data step", "noise");
        requireLevels(z, nextSigma, "Next noise level", 0);
        if (noise == 0) return z.duplicate();
        final double[] ratio =
                Arrays.stream(nextSigma)
                        .map(next -> Math.min(noise / next, LARGEST_RATIO))
                        .toArray();
        return Tensors.scoped(
                z,
                white -> {
                    final NDManager manager = white.getManager();
                    final NDArray measured =
                            Tensors.view(operator.inverseSingularValues(), manager)
                                    .mul(perRow(manager, ratio));
                    final NDArray scale = measured.square().neg().add(1).maximum(0).sqrt();
                    return operator.fromSpectrum(operator.toSpectrum(white).mul(scale));
                });
    }
}
