/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.deqir.diffusion.GaussianNoise;
import org.deqir.network.TorchEngine;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.operator.BlockAverageOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every listed loss has to fulfil, and what each of them means. */
class LossTest {

    private static final int HEIGHT = 12;
    private static final int WIDTH = 20;
    private static final Shape ONE = new Shape(1, 2, HEIGHT, WIDTH);
    private static final Shape IMAGES = new Shape(2, 2, HEIGHT, WIDTH);

    private final Map<String, Supplier<Loss>> registry = new LinkedHashMap<>();
    private NDManager manager;
    private LinearOperator operator;

    LossTest() {
        registry.put(
                "measurement",
                () ->
                        new MeasurementConsistency(
                                operator,
                                operator.apply(noise(ONE, 1)),
                                operator.apply(noise(ONE, 2)).maximum(0).mul(50)));
        registry.put("reference", () -> new ReferenceDistance(noise(ONE, 1), null, false, 0.3));
        registry.put("reference in a region", () -> reference(region(), false));
        registry.put("fitted reference", () -> reference(null, true));
        registry.put("fitted reference in a region", () -> reference(region(), true));
        registry.put("rings", () -> new RingCorrelation(noise(ONE, 1), 0, manager));
        registry.put("high rings", () -> new RingCorrelation(noise(ONE, 1), 0.2, manager));
        registry.put("prior", () -> new GaussianPrior(noise(IMAGES, 1), 0.4));
        registry.put(
                "field",
                () ->
                        new FieldLoss(
                                new ReferenceDistance(
                                        noise(new Shape(1, 2, HEIGHT - 4, WIDTH - 2), 1),
                                        null,
                                        true,
                                        1),
                                HEIGHT - 4,
                                WIDTH - 2));
    }

    static Set<String> names() {
        return new LossTest().registry.keySet();
    }

    @BeforeEach
    void open() {
        manager = TorchEngine.newManager();
        operator = new BlockAverageOperator(manager, 2, HEIGHT, WIDTH, 2);
    }

    @AfterEach
    void close() {
        operator.close();
        manager.close();
    }

    private NDArray noise(Shape shape, int stream) {
        return new GaussianNoise(21).draw(manager, shape, stream, 0, 0, 0);
    }

    private NDArray region() {
        return noise(new Shape(1, 1, HEIGHT, WIDTH), 9).gt(0.3).toType(DataType.FLOAT32, true);
    }

    private Loss reference(NDArray region, boolean fit) {
        return new ReferenceDistance(noise(ONE, 1), region, fit, 0.5);
    }

    private double value(Loss loss, NDArray image) {
        try (Loss.Value value = loss.at(image)) {
            return value.value();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void theGradientIsThatOfDifferences(String name) {
        final Loss loss = registry.get(name).get();
        final NDArray x = noise(IMAGES, 5);
        final NDArray gradient = loss.at(x).gradient();
        assertEquals(x.getShape(), gradient.getShape());
        for (final NDArray direction :
                List.of(
                        gradient.div(gradient.norm()).mul(Math.sqrt(x.size())),
                        noise(IMAGES, 6),
                        noise(IMAGES, 7))) {
            final float h = 2e-2f;
            final double slope =
                    (value(loss, x.add(direction.mul(h))) - value(loss, x.sub(direction.mul(h))))
                            / (2 * h);
            final double product = gradient.mul(direction).sum().getFloat();
            final double scale = gradient.norm().getFloat() * direction.norm().getFloat();
            assertEquals(slope, product, 3e-3 * scale);
        }
    }

    /** The rows are images that have nothing to do with one another. */
    @ParameterizedTest
    @MethodSource("names")
    void rowsAddUp(String name) {
        final Loss loss = registry.get(name).get();
        if (name.equals("prior")) return; // has a mean for each row, checked below
        final NDArray x = noise(IMAGES, 5);
        try (Loss.Value both = loss.at(x);
                Loss.Value first = loss.at(x.get("0:1"));
                Loss.Value second = loss.at(x.get("1:2"))) {
            assertEquals(first.value() + second.value(), both.value(), 1e-5 * both.value());
            assertArrayEquals(
                    second.gradient().toFloatArray(),
                    both.gradient().get("1:2").toFloatArray(),
                    1e-6f);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void nothingElseOutlivesACall(String name) {
        final Loss loss = registry.get(name).get();
        final NDArray x = noise(IMAGES, 5);
        final float[] before = x.toFloatArray();
        final int arrays = manager.getManagedArrays().size();
        loss.at(x).close();
        loss.at(x).close();
        assertEquals(arrays, manager.getManagedArrays().size());
        assertArrayEquals(before, x.toFloatArray());
    }

    @Test
    void theMeasurementCountsInUnitsOfItsNoise() {
        final NDArray truth = noise(ONE, 1);
        final double sigma = 0.2;
        final NDArray exact = operator.apply(truth);
        final NDArray y = exact.add(noise(exact.getShape(), 3).mul(sigma));
        final NDArray precision = exact.onesLike().mul(1 / (sigma * sigma));
        final Loss loss = new MeasurementConsistency(operator, y, precision);
        assertEquals(0, value(loss, truth), 0.12);
        // What explains the noise too is no better, and there is no slope towards it.
        final NDArray explained = operator.pseudoInverse(y);
        assertEquals(0, value(loss, explained));
        assertEquals(0, loss.at(explained).gradient().abs().sum().getFloat());
        // Everything wrong by three standard deviations: χ² = 9.
        assertEquals(4, value(loss, explained.add(3 * sigma)), 1e-3);
        final NDArray none = precision.zerosLike();
        assertThrows(
                IllegalArgumentException.class,
                () -> new MeasurementConsistency(operator, y, none));
    }

    @Test
    void aFittedReferenceMayHaveOtherIntensities() {
        final NDArray r = noise(ONE, 1);
        final Loss fitted = new ReferenceDistance(r, region(), true, 0.5);
        assertEquals(0, value(fitted, r.mul(-3).add(7)), 1e-6);
        assertTrue(value(new ReferenceDistance(r, region(), false, 0.5), r.mul(-3).add(7)) > 1);
        final Loss constant = new ReferenceDistance(r.onesLike(), null, true, 1);
        final NDArray x = noise(ONE, 2);
        final double variance =
                x.sub(x.mean(new int[] {2}, true).mean(new int[] {3}, true))
                                .square()
                                .sum()
                                .getFloat()
                        / x.size();
        assertEquals(variance / 2, value(constant, x), 1e-4);
    }

    @Test
    void whatIsOutsideTheRegionDoesNotCount() {
        final NDArray region = region();
        final Loss loss = new ReferenceDistance(noise(ONE, 1), region, false, 0.5);
        final NDArray x = noise(ONE, 2);
        final NDArray elsewhere = x.add(noise(ONE, 3).mul(region.neg().add(1)));
        assertEquals(value(loss, x), value(loss, elsewhere), 1e-6);
        assertEquals(0, loss.at(x).gradient().mul(region.neg().add(1)).abs().sum().getFloat(), 0);
        assertThrows(
                IllegalArgumentException.class,
                () -> new ReferenceDistance(x, region.zerosLike(), false, 1));
    }

    /** What is added to the fine structures is seen in the high rings. */
    @Test
    void ringsDoNotSeeTheirStrengthButTheirStructure() {
        final NDArray r = noise(ONE, 1);
        final Loss all = new RingCorrelation(r, 0, manager);
        assertEquals(0, value(all, r.mul(0.2).add(4)), 1e-4);
        assertEquals(2, value(all, r.mul(-1)), 1e-4);
        final Loss high = new RingCorrelation(r, 0.3, manager);
        final NDArray other = noise(ONE, 4);
        final NDArray fine = other.sub(operator.adjoint(operator.apply(other)).mul(4));
        assertTrue(value(high, r.add(fine)) > 1.2 * value(all, r.add(fine)));
        assertTrue(value(all, noise(ONE, 4)) > 0.6);
        assertThrows(IllegalArgumentException.class, () -> new RingCorrelation(r, 0.5, manager));
    }

    @Test
    void theMarginOutsideTheFieldDoesNotCount() {
        final NDArray x = noise(IMAGES, 5);
        final Loss loss = registry.get("field").get();
        final NDArray gradient = loss.at(x).gradient();
        assertEquals(0, gradient.get(":,:,:2,:").abs().sum().getFloat());
        assertEquals(0, gradient.get(":,:,:,:1").abs().sum().getFloat());
        assertTrue(gradient.get(":,:,2:3,1:2").abs().sum().getFloat() > 0);
    }

    @Test
    void thePriorIsAGaussianAroundItsMean() {
        final NDArray mean = noise(IMAGES, 1);
        final Loss loss = new GaussianPrior(mean, 0.4);
        assertEquals(0, value(loss, mean), 0);
        assertEquals(2 * 0.5, value(loss, mean.add(0.4)), 1e-5);
        assertThrows(IllegalArgumentException.class, () -> new GaussianPrior(mean, 0));
    }

    @Test
    void anObjectiveIsTheWeightedSum() {
        final NDArray start = noise(IMAGES, 5);
        final NDArray image = noise(IMAGES, 6);
        final Loss measurement = registry.get("measurement").get();
        final Loss rings = registry.get("rings").get();
        final Loss prior = registry.get("prior").get();
        final Objective objective =
                Objective.EMPTY
                        .ofImage("measurement", 1, measurement)
                        .ofImage("rings", 0.5, rings)
                        .ofImage("nothing", 0, rings)
                        .ofStart("prior", 0.1, prior);
        final int before = manager.getManagedArrays().size();
        try (Objective.Evaluation evaluation = objective.at(start, image)) {
            assertEquals(before + 2, manager.getManagedArrays().size());
            assertEquals(Set.of("measurement", "rings", "prior"), evaluation.parts().keySet());
            assertEquals(
                    value(measurement, image)
                            + 0.5 * value(rings, image)
                            + 0.1 * value(prior, start),
                    evaluation.value(),
                    1e-9);
            assertArrayEquals(
                    measurement
                            .at(image)
                            .gradient()
                            .add(rings.at(image).gradient().mul(0.5))
                            .toFloatArray(),
                    evaluation.image().toFloatArray(),
                    1e-6f);
            assertArrayEquals(
                    prior.at(start).gradient().mul(0.1).toFloatArray(),
                    evaluation.start().toFloatArray(),
                    1e-7f);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> Objective.EMPTY.ofImage("negative", -1, rings));
    }
}
