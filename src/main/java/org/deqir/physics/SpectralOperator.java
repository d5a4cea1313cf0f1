/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;

/**
 * A linear operator whose singular value decomposition A = U S Vᵀ is cheap to apply.
 *
 * <p>The spectrum has one entry per basis vector of the image space, as a tensor (N, …) whose
 * dimensions after the batch dimension are those of {@link #singularValues()}; V is orthogonal, so
 * that {@link #fromSpectrum} inverts {@link #toSpectrum}. Entries whose singular value is 0 span
 * the null space of A; {@link #measurementToSpectrum} is 0 there.
 *
 * <p>In this basis every data step of DDRM, DDNM+ and of the proximal kind is diagonal, which is
 * what keeps the joint map F of a whole sampling chain a cheap scan over time.
 */
public interface SpectralOperator extends LinearOperator {

    /**
     * {@return the singular values s ≥ 0, without batch dimension, as many as the image has
     * entries} The array belongs to the operator and must not be closed or changed.
     */
    NDArray singularValues();

    /**
     * {@return S⁺: 1/s, and 0 where s counts as 0 for the pseudo-inverse} Which s these are beyond
     * s = 0 is the operator's decision (a blur all but removes fine detail, and 1/s would bring
     * back rounding instead). Ownership as for {@link #singularValues()}.
     */
    NDArray inverseSingularValues();

    /** {@return Vᵀ x for images x (N, C, H, W)} */
    NDArray toSpectrum(NDArray x);

    /** {@return V v for spectra v; the inverse of {@link #toSpectrum}} */
    NDArray fromSpectrum(NDArray v);

    /** {@return Uᵀ y for measurements y, placed at the entries of the spectrum they belong to} */
    NDArray measurementToSpectrum(NDArray y);
}
