/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.deqir.equilibrium.FixedPointSolver;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.UnrolledGradient;
import org.deqir.equilibrium.guidance.FieldLoss;
import org.deqir.equilibrium.guidance.GaussianPrior;
import org.deqir.equilibrium.guidance.InitializationOptimization;
import org.deqir.equilibrium.guidance.Loss;
import org.deqir.equilibrium.guidance.MeasurementConsistency;
import org.deqir.equilibrium.guidance.Objective;
import org.deqir.equilibrium.guidance.ReferenceDistance;
import org.deqir.equilibrium.guidance.RingCorrelation;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.Tensors;
import org.deqir.physics.LinearOperator;
import org.deqir.progress.Progress;

/**
 * The optimisation of a chain's first state for one inverse problem: which losses, with which
 * units, and what may move.
 */
final class StartOptimization {

    /** Edge of the largest tile whose gradient is computed at once: about 3 GB of activations. */
    static final int TILE = 256;

    /** Difference from the reference, of a range of 2, that counts like one of the noise's σ. */
    private static final double REFERENCE_SCALE = 0.1;

    /** Coarser structures than 20 pixels a period are left to the distance. */
    private static final double LOWEST_DETAIL = 0.05;

    /** Holds the first state near the one that the recipe makes. */
    private static final double PRIOR_WEIGHT = 0.01;

    private static final int PATIENCE = 5;

    /** Share of the progress for the chain that is solved before the descent. */
    static final double SHARE_BEFORE = 0.1;

    /** How far beyond a region the first state may change, in pixels. */
    private static final int REACH = 8;

    private final Optimization optimization;
    private final IntensityRange range;
    private final int height;
    private final int width;

    /**
     * @param range of the measurement
     * @param height of the restored image
     */
    StartOptimization(Optimization optimization, IntensityRange range, int height, int width) {
        this.optimization = optimization;
        this.range = range;
        this.height = height;
        this.width = width;
    }

    /** Most images of a size whose gradients are computed in one call. */
    private static int batch(Shape shape) {
        return (int) Math.max(1, (long) TILE * TILE / (shape.get(2) * shape.get(3)));
    }

    /**
     * Descends.
     *
     * @param solver keeps all states
     * @param start x_T as the recipe makes it, (K, C, H, W)
     * @param operator A
     * @param y the measurement in the prior's units
     * @param precision 1/variance of its entries, 0 where they do not count
     * @return belongs to the manager of {@code start}
     */
    InitializationOptimization.Outcome run(
            FixedPointSolver solver,
            RestorationChain chain,
            NDArray start,
            LinearOperator operator,
            NDArray y,
            NDArray precision,
            Progress progress) {
        try (NDManager manager = start.getManager().newSubManager()) {
            final double alphaBar = chain.levels().alphaBar(0);
            Objective objective =
                    Objective.EMPTY
                            .ofImage(
                                    "measurement",
                                    1,
                                    new MeasurementConsistency(operator, y, precision))
                            .ofStart(
                                    "prior",
                                    PRIOR_WEIGHT,
                                    new GaussianPrior(start, Math.sqrt(1 - alphaBar)));
            NDArray movable = null;
            final Guide guide = optimization.guide();
            if (guide != null) {
                objective = withGuide(objective, guide, manager);
                if (guide.region() != null) movable = movable(guide.region(), start, manager);
            }
            return new InitializationOptimization(
                            solver,
                            new UnrolledGradient(batch(start.getShape())),
                            objective,
                            new InitializationOptimization.Settings(
                                    optimization.rounds(), optimization.rate(), PATIENCE))
                    .minimize(chain, start, movable, progress);
        }
    }

    private Objective withGuide(Objective objective, Guide guide, NDManager manager) {
        final Plane plane = guide.reference();
        final NDArray reference =
                Tensors.normalized(
                        manager, plane, guide.fit() ? IntensityRange.of(plane, null, 0) : range);
        final NDArray region =
                guide.region() == null
                        ? null
                        : Tensors.of(manager, Plane.of(asFloats(guide.region()), width, height));
        Objective guided =
                objective.ofImage(
                        "reference",
                        guide.weight(),
                        field(
                                new ReferenceDistance(
                                        reference, region, guide.fit(), REFERENCE_SCALE)));
        if (guide.detail() > 0)
            guided =
                    guided.ofImage(
                            "detail",
                            guide.detail(),
                            field(new RingCorrelation(reference, LOWEST_DETAIL, manager)));
        return guided;
    }

    private Loss field(Loss loss) {
        return new FieldLoss(loss, height, width);
    }

    /** The region and what the network sees around it; nothing of a margin outside the field. */
    private NDArray movable(boolean[] region, NDArray start, NDManager manager) {
        final int rows = Math.toIntExact(start.size(2));
        final int columns = Math.toIntExact(start.size(3));
        final int top = (rows - height) / 2;
        final int left = (columns - width) / 2;
        final float[] movable = new float[rows * columns];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                if (region[y * width + x])
                    for (int dy = -REACH; dy <= REACH; dy++)
                        for (int dx = -REACH; dx <= REACH; dx++) {
                            final int row = top + y + dy;
                            final int column = left + x + dx;
                            if (row >= 0 && row < rows && column >= 0 && column < columns)
                                movable[row * columns + column] = 1;
                        }
        return manager.create(movable, new Shape(1, 1, rows, columns));
    }

    private static float[] asFloats(boolean[] region) {
        final float[] floats = new float[region.length];
        for (int i = 0; i < floats.length; i++) floats[i] = region[i] ? 1 : 0;
        return floats;
    }
}
