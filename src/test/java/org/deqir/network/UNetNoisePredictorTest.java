/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.deqir.diffusion.DifferentiableNoisePredictor.Pullback;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.CheckpointException;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.ArchitectureInferenceTest;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.deqir.testing.Fixtures;
import org.deqir.testing.Npz;
import org.deqir.testing.RandomCheckpoint;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class UNetNoisePredictorTest {

    private static UNetNoisePredictor gray;
    private static NDManager manager;

    @BeforeAll
    static void load() throws IOException {
        gray = NetworkFixtures.load("guided-plain-gray", Precision.FLOAT32);
        manager = TorchEngine.newManager();
    }

    @AfterAll
    static void close() {
        gray.close();
        manager.close();
    }

    static List<Arguments> checkpoints() {
        final List<Arguments> result = new ArrayList<>();
        for (JsonObject c : Fixtures.cases("network"))
            for (JsonElement file : c.getAsJsonArray("checkpoints"))
                for (Precision precision : Precision.values())
                    result.add(
                            Arguments.of(
                                    c.get("name").getAsString(), file.getAsString(), precision));
        return result;
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void agreesWithTheReference(String name, String file, Precision precision) throws Exception {
        final Npz expected = Npz.fixture(name);
        // The references were computed with float32 weights, which some files hold rounded.
        final double rounding = file.contains("half") ? 1e-3 : file.contains("bfloat16") ? 1e-2 : 0;
        final double tolerance = precision == Precision.FLOAT32 ? 1e-5 + rounding : 2e-2;
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file(file));
                UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(
                                NetworkFixtures.architecture(name), checkpoint, precision);
                NDManager local = manager.newSubManager()) {
            for (String size : List.of("", "_rect")) {
                if (!expected.names().contains("x" + size)) continue;
                final NDArray noise =
                        predictor.predict(
                                expected.array("x" + size, local), expected.doubles("t" + size));
                final NDArray reference =
                        expected.array("out" + size, local)
                                .get(new NDIndex(":, :{}", predictor.channels()));
                assertEquals(reference.getShape(), noise.getShape());
                assertClose(tolerance, noise, reference);
            }
        }
    }

    private static void assertClose(double tolerance, NDArray actual, NDArray expected) {
        final double difference =
                Fixtures.relativeDifference(actual.toFloatArray(), expected.toFloatArray());
        assertTrue(difference <= tolerance, "relative difference " + difference);
    }

    @ParameterizedTest
    @MethodSource("org.deqir.network.layout.ArchitectureInferenceTest#everyKind")
    void runsEveryKindOfNetwork(NetworkArchitecture architecture) throws Exception {
        try (UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(
                                architecture,
                                new RandomCheckpoint("", architecture),
                                Precision.FLOAT32);
                NDManager local = manager.newSubManager()) {
            final Shape shape = new Shape(2, architecture.channels(), 13, 18);
            final NDArray x = local.randomNormal(shape);
            final NDArray noise = predictor.predict(x, new double[] {3, 700});
            assertEquals(shape, noise.getShape());
            final double size = noise.norm().getFloat() / Math.sqrt(shape.size());
            assertTrue(size > 1e-3 && size < 1e3, "size of the result " + size);
        }
    }

    /** Many images go through the network in several calls, each with its own timestep. */
    @Test
    void answersManyImagesLikeEachAlone() throws Exception {
        final NetworkArchitecture architecture = ArchitectureInferenceTest.everyKind().get(0);
        try (UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(
                                architecture,
                                new RandomCheckpoint("", architecture),
                                Precision.FLOAT32);
                NDManager local = manager.newSubManager()) {
            final NDArray x = local.randomNormal(new Shape(7, 1, 144, 128));
            final double[] timesteps = {999, 3, 400, 20, 700, 0, 55};
            final NDArray together = predictor.predict(x, timesteps);
            assertEquals(x.getShape(), together.getShape());
            for (int i = 0; i < timesteps.length; i++) {
                final NDIndex one = new NDIndex(i + ":" + (i + 1));
                assertClose(
                        1e-5,
                        together.get(one),
                        predictor.predict(x.get(one), new double[] {timesteps[i]}));
            }
        }
    }

    /** A network sees the image continued by reflection at its lower and right border. */
    @ParameterizedTest
    @CsvSource({"31, 42", "33, 32", "1, 1", "2, 5"})
    void extendsByReflectionAndCrops(int height, int width) throws Exception {
        final NetworkArchitecture architecture =
                ArchitectureInferenceTest.everyKind().get(0); // stride 4
        try (UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(
                                architecture,
                                new RandomCheckpoint("", architecture),
                                Precision.FLOAT32);
                NDManager local = manager.newSubManager()) {
            final NDArray x = local.randomNormal(new Shape(1, 1, height, width));
            final int fullHeight = (height + 3) / 4 * 4;
            final int fullWidth = (width + 3) / 4 * 4;
            final float[] extended = new float[fullHeight * fullWidth];
            final float[] original = x.toFloatArray();
            for (int r = 0; r < fullHeight; r++)
                for (int c = 0; c < fullWidth; c++)
                    extended[r * fullWidth + c] =
                            original[mirror(r, height) * width + mirror(c, width)];
            final NDArray expected =
                    predictor
                            .predict(
                                    local.create(extended, new Shape(1, 1, fullHeight, fullWidth)),
                                    new double[] {40})
                            .get(new NDIndex(":, :, :{}, :{}", height, width));
            assertClose(1e-6, predictor.predict(x, new double[] {40}), expected);
        }
    }

    /** Walks from 0 to i, turning round at both ends. */
    private static int mirror(int i, int size) {
        int position = 0;
        int direction = 1;
        for (int step = 0; step < i && size > 1; step++) {
            if (position + direction < 0 || position + direction >= size) direction = -direction;
            position += direction;
        }
        return position;
    }

    /** Rounded to bfloat16, the least difference in the embedded timestep would be seen. */
    @Test
    void roundsNoOtherwiseBesideOthersInBfloat16() throws Exception {
        final NetworkArchitecture architecture = ArchitectureInferenceTest.everyKind().get(0);
        try (UNetNoisePredictor predictor =
                        UNetNoisePredictor.load(
                                architecture,
                                new RandomCheckpoint("", architecture),
                                Precision.BFLOAT16);
                NDManager local = manager.newSubManager()) {
            final double[] timesteps = new double[24];
            for (int i = 0; i < timesteps.length; i++) timesteps[i] = 7.3 + 41 * i;
            final NDArray x = local.randomNormal(new Shape(timesteps.length, 1, 16, 16));
            final NDArray together = predictor.predict(x, timesteps);
            for (int i = 0; i < timesteps.length; i++) {
                final NDIndex one = new NDIndex(i + ":" + (i + 1));
                assertArrayEquals(
                        predictor.predict(x.get(one), new double[] {timesteps[i]}).toFloatArray(),
                        together.get(one).toFloatArray(),
                        "timestep " + timesteps[i]);
            }
        }
    }

    @Test
    void treatsEachRowByItself() {
        try (NDManager local = manager.newSubManager()) {
            final Npz fixture = Npz.fixture("guided-plain-gray");
            final NDArray x = fixture.array("x", local);
            final NDArray together = gray.predict(x, new double[] {0, 17, 999});
            for (int row = 0; row < 3; row++)
                assertClose(
                        1e-5,
                        gray.predict(
                                x.get(new NDIndex("{}:{}", row, row + 1)),
                                new double[] {new double[] {0, 17, 999}[row]}),
                        together.get(new NDIndex("{}:{}", row, row + 1)));
        }
    }

    @Test
    void interpolatesBetweenTimesteps() throws Exception {
        try (UNetNoisePredictor predictor =
                        NetworkFixtures.load("guided-official-like", Precision.FLOAT32);
                NDManager local = manager.newSubManager()) {
            final NDArray x = Npz.fixture("guided-official-like").array("x_rect", local);
            final NDArray before = predictor.predict(x, new double[] {17});
            final NDArray after = predictor.predict(x, new double[] {18});
            final NDArray middle = predictor.predict(x, new double[] {17.5});
            final float step = after.sub(before).norm().getFloat();
            final float error = middle.sub(before.add(after).div(2)).norm().getFloat();
            assertTrue(step > 0 && error < 0.3 * step, error + " of a step of " + step);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"guided-official-like", "ddpm-celeba-like"})
    void pullsGradientsBack(String name) throws Exception {
        try (UNetNoisePredictor predictor = NetworkFixtures.load(name, Precision.FLOAT32);
                NDManager local = manager.newSubManager()) {
            final Shape shape = new Shape(2, 3, 15, 18);
            final NDArray x = local.randomNormal(shape);
            final NDArray v = local.randomNormal(shape);
            final double[] t = {120.5, 640};
            final Pullback result = predictor.pullback(x, t, v);
            assertClose(1e-5, result.noise(), predictor.predict(x, t));
            // 1 % of the slope along the gradient is 0.1 % of the product of the lengths: random
            // directions meet the gradient at nearly a right angle.
            final float step = 1e-2f;
            for (int trial = 0; trial < 3; trial++) {
                final NDArray direction = local.randomNormal(shape);
                final NDArray forward = predictor.predict(x.add(direction.mul(step)), t);
                final NDArray backward = predictor.predict(x.sub(direction.mul(step)), t);
                final double slope = dot(v, forward.sub(backward)) / (2 * step);
                final double scale =
                        result.product().norm().getFloat() * direction.norm().getFloat();
                assertEquals(slope, dot(result.product(), direction), 1e-3 * scale);
            }
        }
    }

    private static double dot(NDArray a, NDArray b) {
        return a.mul(b).sum().getFloat();
    }

    @Test
    void givesTheSameGradientInBfloat16() throws Exception {
        try (UNetNoisePredictor rough =
                        NetworkFixtures.load("guided-plain-gray", Precision.BFLOAT16);
                NDManager local = manager.newSubManager()) {
            final NDArray x = local.randomNormal(new Shape(1, 1, 16, 16));
            final NDArray v = local.randomNormal(new Shape(1, 1, 16, 16));
            final double[] t = {300};
            assertClose(6e-2, rough.pullback(x, t, v).product(), gray.pullback(x, t, v).product());
        }
    }

    /** PyTorch keeps the switch for gradients per thread; no result may depend on it. */
    @Test
    void worksInAnyThreadAndSeveralAtOnce() throws Exception {
        try (NDManager local = manager.newSubManager()) {
            final NDArray x = Npz.fixture("guided-plain-gray").array("x_rect", local);
            final float[] noise = gray.predict(x, new double[] {500}).toFloatArray();
            final float[] product =
                    gray.pullback(x, new double[] {500}, x).product().toFloatArray();
            final Callable<Void> task =
                    () -> {
                        try (NDManager own = manager.newSubManager()) {
                            final NDArray mine = x.duplicate();
                            mine.attach(own);
                            for (int i = 0; i < 2; i++) {
                                final Pullback pullback =
                                        gray.pullback(mine, new double[] {500}, mine);
                                assertArrayEquals(
                                        product, pullback.product().toFloatArray(), 1e-4f);
                                final NDArray result = gray.predict(mine, new double[] {500});
                                assertArrayEquals(noise, result.toFloatArray(), 1e-4f);
                                result.addi(1).muli(pullback.noise());
                            }
                        }
                        return null;
                    };
            final ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                for (Future<Void> done : threads.invokeAll(List.of(task, task))) done.get();
            } finally {
                threads.shutdown();
            }
        }
    }

    @Test
    void ownsNothingAfterACall() {
        try (NDManager local = manager.newSubManager()) {
            final NDArray x = local.randomNormal(new Shape(1, 1, 10, 10));
            x.setName("a name.that DJL would interpret[]");
            final NDArray noise = gray.predict(x, new double[] {5});
            assertEquals(2, local.getManagedArrays().size());
            final Pullback pullback = gray.pullback(x, new double[] {5}, x);
            assertEquals(4, local.getManagedArrays().size());
            noise.close();
            pullback.close();
            assertEquals(1, local.getManagedArrays().size());
        }
    }

    @Test
    void keepsItsWeightsWhenJavaFreesItsBuffers() throws Exception {
        try (UNetNoisePredictor predictor =
                        NetworkFixtures.load("guided-plain-gray", Precision.FLOAT32);
                NDManager local = manager.newSubManager()) {
            final NDArray x = local.randomNormal(new Shape(1, 1, 16, 16));
            for (int i = 0; i < 3; i++) {
                System.gc();
                // Takes the place of what was freed.
                try (NDManager other = manager.newSubManager()) {
                    for (int j = 0; j < 200; j++) other.create(new float[10_000 + j]).addi(1e6f);
                }
            }
            final double[] t = {77};
            assertClose(1e-6, predictor.predict(x, t), gray.predict(x, t));
        }
    }

    @Test
    void needsNoMoreMemoryAfterManyCalls() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")));
        try (NDManager local = manager.newSubManager()) {
            final NDArray x = local.randomNormal(new Shape(1, 1, 32, 32));
            final double[] t = {10};
            for (int i = 0; i < 60; i++) gray.predict(x, t).close();
            System.gc();
            final long before = residentKilobytes();
            for (int i = 0; i < 200; i++) gray.predict(x, t).close();
            System.gc();
            final long after = residentKilobytes();
            assertTrue(after < 1.05 * before, before + " kB became " + after + " kB");
        }
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void saysWhatIsWrongWithItsArguments() {
        try (NDManager local = manager.newSubManager()) {
            final double[] one = {1};
            final NDArray good = local.zeros(new Shape(1, 1, 8, 8));
            refuses("(N, 1, H, W)", local.zeros(new Shape(1, 3, 8, 8)), one);
            refuses("(N, 1, H, W)", local.zeros(new Shape(8, 8)), one);
            refuses("(N, 1, H, W)", local.zeros(new Shape(1, 1, 0, 8)), one);
            refuses("float64", local.zeros(new Shape(1, 1, 8, 8), DataType.FLOAT64), one);
            refuses("2 timesteps for 1 images", good, new double[] {1, 2});
            refuses("Timestep NaN", good, new double[] {Double.NaN});
            refuses("Timestep -1.0", good, new double[] {-1});
            final String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () ->
                                            gray.pullback(
                                                    good, one, local.zeros(new Shape(1, 1, 8, 9))))
                            .getMessage();
            assertTrue(message.contains("(1, 1, 8, 9)"), message);
        }
    }

    private static void refuses(String part, NDArray x, double[] timesteps) {
        final String message =
                assertThrows(IllegalArgumentException.class, () -> gray.predict(x, timesteps))
                        .getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void refusesWeightsThatAreNotFinite() {
        final NetworkArchitecture architecture = NetworkFixtures.architecture("guided-plain-gray");
        final Checkpoint weights = new RandomCheckpoint("", architecture);
        final Checkpoint damaged =
                new Checkpoint() {
                    @Override
                    public Map<String, TensorInfo> tensors() {
                        return weights.tensors();
                    }

                    @Override
                    public float[] read(String name) throws IOException {
                        final float[] values = weights.read(name);
                        if (name.equals("out.0.bias")) values[3] = Float.NaN;
                        return values;
                    }

                    @Override
                    public void close() {}
                };
        final String message =
                assertThrows(
                                CheckpointException.class,
                                () ->
                                        UNetNoisePredictor.load(
                                                architecture, damaged, Precision.FLOAT32))
                        .getMessage();
        assertTrue(message.contains("out.0.bias"), message);
    }
}
