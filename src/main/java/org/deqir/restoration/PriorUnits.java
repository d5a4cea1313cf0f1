/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.deqir.ChainState;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.solver.Trajectory;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.PlaneTensors;
import org.deqir.physics.Degradation;
import org.deqir.physics.LinearOperator;

/**
 * The door between a problem's grey levels and the prior's tensors, whose images are in [−1, 1].
 *
 * <p>An operator's image may be larger than the restored one, the field, by equal margins.
 */
final class PriorUnits {

    private final Problem problem;
    private final IntensityRange range;

    PriorUnits(Problem problem) {
        this.problem = problem;
        range = problem.range();
    }

    /** Units of the prior per grey level. */
    double scale() {
        return range.scale();
    }

    /** The measurement y in the prior's units: A(s·x + o) = s·y + o·A1. */
    NDArray measurement(NDManager manager, LinearOperator operator) {
        final Plane measured = problem.measured();
        final Degradation degradation = problem.degradation();
        try (NDArray ones = manager.ones(operator.imageShape()).expandDims(0);
                NDArray measuredOnes = operator.apply(ones);
                NDArray onesAsImage = degradation.toImage(operator, measuredOnes)) {
            final Plane unit = PlaneTensors.plane(onesAsImage, 0);
            final double offset = range.normalize(0);
            final float[][] normalized = new float[measured.channels().length][measured.size()];
            for (int c = 0; c < normalized.length; c++)
                for (int i = 0; i < normalized[c].length; i++)
                    normalized[c][i] =
                            (float)
                                    (range.scale() * measured.channels()[c][i]
                                            + offset * unit.channels()[c][i]);
            try (NDArray image =
                    PlaneTensors.of(
                            manager, new Plane(normalized, measured.width(), measured.height()))) {
                return degradation.fromImage(operator, image);
            }
        }
    }

    /** The variances of the measurement's samples, factor² times, in the prior's units: (1, …). */
    NDArray variances(NDManager manager, double strength) {
        final double factor = range.scale() * strength;
        try (NDArray greyLevels = PlaneTensors.of(manager, problem.variance())) {
            return greyLevels.mul(factor * factor);
        }
    }

    /**
     * An image of the field's size as equal rows of the operator's image shape, mirrored beyond the
     * field.
     */
    NDArray images(NDManager manager, LinearOperator operator, Plane image, int rows) {
        final Shape shape = operator.imageShape();
        final Plane padded = padded(image, (int) shape.get(2), (int) shape.get(1));
        try (NDArray one = PlaneTensors.normalized(manager, padded, range)) {
            if (rows == 1) return one.duplicate();
            return NDArrays.concat(new NDList(Collections.nCopies(rows, one)));
        }
    }

    /** The field of each row in grey levels, with what lies beyond the range. */
    Plane[] fields(NDArray images) {
        final Plane[] fields = new Plane[Math.toIntExact(images.size(0))];
        try (NDArray cropped = Degradation.cropToField(images, problem.height(), problem.width())) {
            for (int k = 0; k < fields.length; k++) {
                fields[k] = PlaneTensors.denormalized(cropped, k, range);
                if (problem.beyond() != null) BeyondRange.add(fields[k], problem.beyond());
            }
        }
        return fields;
    }

    /** The way of a chain in grey levels, noisiest first; the last state is the restored image. */
    List<ChainState> states(TimestepSequence levels, Trajectory way) {
        final List<ChainState> states = new ArrayList<>();
        for (int i = 0; i < levels.length(); i++)
            // x/√ᾱ is the image with noise of standard deviation σ.
            try (NDArray image = way.states().get(i).div(Math.sqrt(levels.alphaBar(i)))) {
                states.add(
                        new ChainState(
                                levels.sigma(i),
                                levels.timestep(i),
                                fields(image)[0],
                                fields(way.estimates().get(i))[0]));
            }
        final Plane restored = fields(way.states().get(levels.length()))[0];
        problem.restoreKnown(restored);
        states.add(new ChainState(0, Double.NaN, restored, restored));
        return states;
    }

    /** The mean of the rows in grey levels, in the operator's size. */
    Plane wholeMean(NDArray images) {
        try (NDArray mean = images.mean(new int[] {0}, true)) {
            return PlaneTensors.denormalized(mean, 0, range);
        }
    }

    /** Mirrors a plane at its borders to the size of a field that is larger by the same margins. */
    private static Plane padded(Plane plane, int toWidth, int toHeight) {
        if (toWidth == plane.width() && toHeight == plane.height()) return plane;
        final int left = (toWidth - plane.width()) / 2;
        final int top = (toHeight - plane.height()) / 2;
        final float[][] padded = new float[plane.channels().length][toWidth * toHeight];
        for (int y = 0; y < toHeight; y++)
            for (int x = 0; x < toWidth; x++) {
                final int source =
                        mirrored(y - top, plane.height()) * plane.width()
                                + mirrored(x - left, plane.width());
                for (int c = 0; c < padded.length; c++)
                    padded[c][y * toWidth + x] = plane.channels()[c][source];
            }
        return new Plane(padded, toWidth, toHeight);
    }

    /** Index of the pixel that is mirrored to i, edge pixels repeated (d c b a | a b c d). */
    private static int mirrored(int i, int size) {
        final int period = Math.floorMod(i, 2 * size);
        return period < size ? period : 2 * size - 1 - period;
    }
}
