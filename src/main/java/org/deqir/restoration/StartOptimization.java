/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.deqir.Guide;
import org.deqir.Optimization;
import org.deqir.Sampling;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.equilibrium.gradient.EquilibriumGradient;
import org.deqir.equilibrium.gradient.ImplicitGradient;
import org.deqir.equilibrium.gradient.PhantomGradient;
import org.deqir.equilibrium.gradient.UnrolledGradient;
import org.deqir.equilibrium.guidance.FieldLoss;
import org.deqir.equilibrium.guidance.GaussianPrior;
import org.deqir.equilibrium.guidance.InitializationOptimization;
import org.deqir.equilibrium.guidance.InitializationOptimization.Outcome;
import org.deqir.equilibrium.guidance.Loss;
import org.deqir.equilibrium.guidance.Objective;
import org.deqir.equilibrium.guidance.ReferenceDistance;
import org.deqir.equilibrium.guidance.RingCorrelation;
import org.deqir.equilibrium.solver.FixedPointSolver;
import org.deqir.equilibrium.solver.NoiseInversion;
import org.deqir.equilibrium.solver.Solution;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.image.PlaneTensors;
import org.deqir.physics.Degradation;
import org.deqir.progress.Progress;

/**
 * The optimisation of a chain's first state for one inverse problem: which losses, with which
 * units, and what may move.
 */
public final class StartOptimization {

    /** Edge of the largest tile whose gradient is computed at once: about 3 GB of activations. */
    public static final int TILE = 256;

    /** Difference from the reference, of a range of 2, that counts like one of the noise's σ. */
    private static final double REFERENCE_SCALE = 0.1;

    /** Coarser structures than 20 pixels a period are left to the distance. */
    private static final double LOWEST_DETAIL = 0.05;

    /**
     * Holds the first state near the one it begins with: with the measurement alone as strongly as
     * the noise of its level asks for, beside a reference hardly.
     */
    private static final double PRIOR_WEIGHT = 1;

    private static final double PRIOR_WEIGHT_WITH_GUIDE = 0.01;

    private static final int PATIENCE = 5;

    /** Rounds and change, where images are from −1 to 1, of the inversion of a reference. */
    private static final int INVERSION_ROUNDS = 10;

    private static final double INVERSION_TOLERANCE = 1e-3;

    /** Share of the progress for the chain that is solved before the descent. */
    static final double SHARE_BEFORE = 0.1;

    private final Optimization optimization;
    private final IntensityRange range;
    private final int height;
    private final int width;
    private final boolean fromNoise;

    /**
     * @param problem gives the range of the measurement and the size of the restored image
     */
    StartOptimization(Problem problem) {
        optimization = problem.restoration().optimization();
        range = problem.range();
        height = problem.height();
        width = problem.width();
        fromNoise = problem.restoration().sampling().mode() == Sampling.Mode.PUBLISHED;
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
     * @param found what is restored without optimisation; it is the answer unless descent finds a
     *     better one
     * @param measured the loss of the measurement; empty where every chain meets it
     * @return belongs to the manager of {@code start}
     */
    Outcome run(
            FixedPointSolver solver,
            RestorationChain chain,
            NDArray start,
            Solution found,
            Objective measured,
            Progress progress) {
        try (NDManager manager = start.getManager().newSubManager()) {
            final NDArray unguided = found.x0();
            final Guide guide = optimization.guide();
            final NDArray movable =
                    guide == null || guide.region() == null
                            ? null
                            : movable(guide.region(), start, manager);
            final NDArray begin =
                    guide != null && guide.fromReference()
                            ? ofReference(chain, start, unguided, movable, manager, progress)
                            : start;
            Objective objective =
                    measured.ofStart("prior", startWeight(), prior(chain, begin, manager));
            if (guide != null) objective = withGuide(objective, guide, unguided, manager);
            final double before;
            try (Objective.Evaluation value = objective.at(begin, unguided)) {
                before = value.value();
            }
            if (before == 0)
                return owned(
                        new Outcome(
                                start.duplicate(),
                                unguided.duplicate(),
                                List.of(0.0),
                                InitializationOptimization.End.REACHED,
                                found.trace(),
                                0,
                                0),
                        start.getManager());
            final Outcome outcome =
                    new InitializationOptimization(
                                    solver,
                                    gradient(chain, batch(start.getShape())),
                                    objective,
                                    new InitializationOptimization.Settings(
                                            optimization.rounds(), optimization.rate(), PATIENCE))
                            .minimize(chain, begin, movable, progress);
            return owned(
                    before <= outcome.after()
                            ? outcome.orRather(unguided, before)
                            : outcome.startingAt(before),
                    start.getManager());
        }
    }

    /** From noise as published, the prior is that of the noise, and its weight 0. */
    private double startWeight() {
        if (optimization.startWeight() != null) return optimization.startWeight();
        if (fromNoise) return 0;
        return optimization.guide() == null ? PRIOR_WEIGHT : PRIOR_WEIGHT_WITH_GUIDE;
    }

    private Loss prior(RestorationChain chain, NDArray begin, NDManager manager) {
        if (!fromNoise) return new GaussianPrior(begin, Math.sqrt(1 - chain.levels().alphaBar(0)));
        final NDArray zero = begin.zerosLike();
        zero.attach(manager);
        return new GaussianPrior(zero, 1);
    }

    private EquilibriumGradient gradient(RestorationChain chain, int batch) {
        final Optimization.Gradient gradient = optimization.gradient();
        return switch (gradient.kind()) {
            case UNROLLED -> new UnrolledGradient(batch);
            // Held noise lets F carry the first state on: a single term sees it.
            case PHANTOM ->
                    new PhantomGradient(
                            gradient.damping(), gradient.iterations(), HeldQuantity.EPSILON, batch);
            case IMPLICIT ->
                    new ImplicitGradient(
                            HeldQuantity.suitedTo(chain.mix()), gradient.residual(), 1, batch);
        };
    }

    private static Outcome owned(Outcome outcome, NDManager owner) {
        outcome.start().attach(owner);
        outcome.image().attach(owner);
        return outcome;
    }

    /**
     * The state from which the prior by itself makes the reference, where the first state may move;
     * elsewhere the start as it is.
     */
    private NDArray ofReference(
            RestorationChain chain,
            NDArray start,
            NDArray unguided,
            NDArray movable,
            NDManager manager,
            Progress progress) {
        final NDArray image = unguided.duplicate();
        image.attach(manager);
        final NDArray reference =
                reference(optimization.guide(), manager).broadcast(inField(unguided));
        final NDArray fitted =
                optimization.guide().fit()
                        ? ReferenceDistance.fitted(cropped(unguided, manager), reference)
                        : reference;
        fitted.attach(manager);
        final long top = (image.size(2) - height) / 2;
        final long left = (image.size(3) - width) / 2;
        image.set(new NDIndex(":, :, {}:{}, {}:{}", top, top + height, left, left + width), fitted);
        final NDArray inverted =
                new NoiseInversion(INVERSION_ROUNDS, INVERSION_TOLERANCE, batch(start.getShape()))
                        .invert(chain.predictor(), chain.levels(), image, progress)
                        .start();
        if (movable == null) return inverted;
        return inverted.sub(start).mul(movable).add(start);
    }

    private Shape inField(NDArray image) {
        return new Shape(image.size(0), image.size(1), height, width);
    }

    private NDArray reference(Guide guide, NDManager manager) {
        final Plane plane = guide.reference();
        return PlaneTensors.normalized(
                manager, plane, guide.fit() ? IntensityRange.of(plane, null, 0) : range);
    }

    private Objective withGuide(
            Objective objective, Guide guide, NDArray unguided, NDManager manager) {
        final NDArray reference = reference(guide, manager);
        final NDArray region =
                guide.region() == null
                        ? null
                        : PlaneTensors.of(
                                manager, Plane.of(asFloats(guide.region()), width, height));
        Objective guided =
                objective.ofImage(
                        "reference",
                        guide.weight(),
                        field(
                                new ReferenceDistance(
                                        reference, region, guide.fit(), REFERENCE_SCALE)));
        final boolean[] outside = outside(guide.region());
        if (outside != null) {
            final NDArray rest =
                    PlaneTensors.of(manager, Plane.of(asFloats(outside), width, height));
            guided =
                    guided.ofImage(
                            "outside",
                            guide.weight(),
                            field(
                                    new ReferenceDistance(
                                            cropped(unguided, manager),
                                            rest,
                                            false,
                                            REFERENCE_SCALE)));
        }
        if (guide.detail() > 0)
            guided =
                    guided.ofImage(
                            "detail",
                            guide.detail(),
                            field(new RingCorrelation(reference, LOWEST_DETAIL, manager)));
        return guided;
    }

    /** The pixels that do not belong to a region; null if all do. */
    private static boolean[] outside(boolean[] region) {
        if (region == null) return null;
        boolean any = false;
        final boolean[] outside = new boolean[region.length];
        for (int i = 0; i < outside.length; i++) any |= outside[i] = !region[i];
        return any ? outside : null;
    }

    private NDArray cropped(NDArray image, NDManager manager) {
        final NDArray field = Degradation.cropToField(image, height, width);
        field.attach(manager);
        return field;
    }

    private Loss field(Loss loss) {
        return new FieldLoss(loss, height, width);
    }

    /** The region; nothing of a margin outside the field. */
    private NDArray movable(boolean[] region, NDArray start, NDManager manager) {
        final int rows = Math.toIntExact(start.size(2));
        final int columns = Math.toIntExact(start.size(3));
        final int top = (rows - height) / 2;
        final int left = (columns - width) / 2;
        final float[] movable = new float[rows * columns];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                if (region[y * width + x]) movable[(top + y) * columns + left + x] = 1;
        return manager.create(movable, new Shape(1, 1, rows, columns));
    }

    private static float[] asFloats(boolean[] region) {
        final float[] floats = new float[region.length];
        for (int i = 0; i < floats.length; i++) floats[i] = region[i] ? 1 : 0;
        return floats;
    }
}
