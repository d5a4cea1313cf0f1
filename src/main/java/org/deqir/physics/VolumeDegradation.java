/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDManager;
import org.deqir.physics.operator.PsfOperator;
import org.deqir.physics.operator.volume.AxialReductionOperator;
import org.deqir.physics.optics.PsfStack;

/** What happened to a volume. Operators take volumes (N, D, H, W). */
public sealed interface VolumeDegradation {

    /** {@return the operator on volumes of this many restored slices, rows and columns} */
    LinearOperator operator(NDManager manager, int depth, int height, int width);

    /** {@return slices of the restored volume for one of the measured volume} */
    default int scale() {
        return 1;
    }

    /** {@return how far light of a voxel gets, in slices, rows and columns} */
    default int[] reach() {
        return new int[] {0, 0, 0};
    }

    /** {@return the degradation in a few words for a result's provenance} */
    String describe();

    /**
     * Blur by a three-dimensional PSF. What lies outside of the measured volume is unknown: the
     * restored volume is larger by the PSF's reach at all sides.
     *
     * @param psf voxels of the PSF are those of the volume
     */
    record Blur(PsfStack psf) implements VolumeDegradation {

        @Override
        public LinearOperator operator(NDManager manager, int depth, int height, int width) {
            return new PsfOperator(
                    manager,
                    depth,
                    height,
                    width,
                    psf.values(),
                    psf.width(),
                    psf.height(),
                    psf.slices());
        }

        @Override
        public int[] reach() {
            return new int[] {psf.slices() / 2, psf.height() / 2, psf.width() / 2};
        }

        @Override
        public String describe() {
            return "PSF of %s × %s × %s voxels, border unknown"
                    .formatted(psf.width(), psf.height(), psf.slices());
        }
    }

    /**
     * Slices that are too far apart.
     *
     * @param factor fine slices of a measured one, ≥ 2
     * @param mean whether a measured slice is the mean of its fine ones, or the middle one alone
     */
    record AxialReduction(int factor, boolean mean) implements VolumeDegradation {

        /**
         * @throws IllegalArgumentException if the factor is below 2
         */
        public AxialReduction {
            if (factor < 2)
                throw new IllegalArgumentException(
                        "Slices cannot be made " + factor + " times as fine; 2 is the least.");
        }

        @Override
        public LinearOperator operator(NDManager manager, int depth, int height, int width) {
            return new AxialReductionOperator(manager, depth, height, width, factor, mean);
        }

        @Override
        public int scale() {
            return factor;
        }

        @Override
        public String describe() {
            return (mean ? "mean of " : "every ") + factor + (mean ? " slices" : "th slice");
        }
    }
}
