/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.DifferentiableNoisePredictor.Pullback;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.model.importing.ImportSettings;
import org.deqir.model.importing.ModelImport;
import org.deqir.model.importing.SettingsTrial.Candidate;
import org.deqir.model.importing.UntoldSettings;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.NetworkFixtures;
import org.deqir.network.TorchEngine;
import org.deqir.network.UNetNoisePredictor;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.Safetensors;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.deqir.testing.Fixtures;
import org.deqir.training.Origin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Networks that predict the image or v are used as if they predicted the noise. */
@Tag("slow")
class PredictionTest {

    private static final Path SHIPPED = Path.of("models", "microscopy-gray", "weights.safetensors");

    @TempDir Path folder;

    /** What a perfect network answers, by the definitions. */
    private static double perfect(Prediction prediction, double image, double noise, double a) {
        return switch (prediction) {
            case EPSILON -> noise;
            case X0 -> image;
            case V -> Math.sqrt(a) * noise - Math.sqrt(1 - a) * image;
        };
    }

    @ParameterizedTest
    @EnumSource(Prediction.class)
    void aPerfectAnswerTellsTheNoise(Prediction prediction) {
        final Random random = new Random(1);
        for (final double alphaBar : new double[] {4e-5, 0.3, 0.9, 0.9999, 1 - 1e-7}) {
            final double image = 2 * random.nextDouble() - 1;
            final double noise = random.nextGaussian();
            final double seen = Math.sqrt(alphaBar) * image + Math.sqrt(1 - alphaBar) * noise;
            assertEquals(
                    noise,
                    prediction.ofOutput(alphaBar) * perfect(prediction, image, noise, alphaBar)
                            + prediction.ofInput(alphaBar) * seen,
                    1e-9);
        }
        // Without noise nothing tells it, but the answer stays finite.
        assertTrue(Math.abs(prediction.ofOutput(1)) <= 1e4);
        assertTrue(prediction.ofInput(1) <= 1e4);
    }

    @Test
    void isKnownByItsKey() {
        for (final Prediction prediction : Prediction.values())
            assertEquals(prediction, Prediction.of(prediction.key()));
        assertEquals(
                "The network predicts score; known are epsilon, x0, v.",
                assertThrows(IllegalArgumentException.class, () -> Prediction.of("score"))
                        .getMessage());
    }

    private static ImportSettings told(Prediction prediction, Intensities intensities) {
        final ImportSettings known =
                ImportSettings.UNKNOWN
                        .withArchitecture(
                                NetworkFixtures.architecture("guided-plain-gray").configuration())
                        .withSchedule(ScheduleDescription.USUAL);
        return new ImportSettings(
                known.type(),
                known.architecture(),
                known.schedule(),
                intensities,
                prediction,
                "",
                "",
                "",
                "",
                "",
                "",
                "");
    }

    /** From the import to the prior that is loaded, also after an export. */
    @ParameterizedTest
    @CsvSource({"X0, SIGNED", "V, SIGNED", "X0, UNIT", "V, UNIT"})
    void anInstalledModelKeepsWhatItPredicts(Prediction prediction, Intensities intensities)
            throws Exception {
        final ModelStore store = new ModelStore(List.of(folder.resolve("a")));
        final Path file = Fixtures.file("guided-plain-gray.pt");
        ModelImport.run(store, file, "plain", told(Prediction.EPSILON, intensities), Progress.NONE);
        ModelImport.run(store, file, "other", told(prediction, intensities), Progress.NONE);
        final Path zip = folder.resolve("other.zip");
        store.export("other", zip, Progress.NONE);
        final ModelStore elsewhere = new ModelStore(List.of(folder.resolve("b")));
        ModelImport.run(elsewhere, zip, "back", ImportSettings.UNKNOWN, Progress.NONE);
        final InstalledModel back = elsewhere.find("back");
        assertEquals(prediction, back.descriptor().prediction());
        final double t = 320;
        final double[] timesteps = {t, t};
        // In the network's own convention, where both priors share schedule and image.
        final double alphaBar = ScheduleDescription.USUAL.schedule().alphaBar(t);
        try (var plain = store.find("plain").load(Precision.FLOAT32);
                var converted = back.load(Precision.FLOAT32);
                NDManager manager = TorchEngine.newManager()) {
            final NDArray x = manager.randomNormal(new Shape(2, 1, 16, 24));
            final double ours = plain.schedule().alphaBar(t);
            final NDArray seen =
                    intensities == Intensities.SIGNED
                            ? x
                            : x.div(Math.sqrt(ours)).add(1).mul(Math.sqrt(alphaBar) / 2);
            final float[] output = plain.predictor().predict(x, timesteps).toFloatArray();
            final float[] input = seen.toFloatArray();
            final float[] expected = new float[output.length];
            for (int i = 0; i < expected.length; i++)
                expected[i] =
                        (float)
                                (prediction.ofOutput(alphaBar) * output[i]
                                        + prediction.ofInput(alphaBar) * input[i]);
            final int before = manager.getManagedArrays().size();
            final NDArray noise = converted.predictor().predict(x, timesteps);
            assertEquals(before + 1, manager.getManagedArrays().size(), "nothing is left");
            assertTrue(Fixtures.relativeDifference(noise.toFloatArray(), expected) < 1e-5);
            assertGradient(
                    DifferentiableNoisePredictor.of(converted.predictor()), x, timesteps, manager);
        }
        assertTrue(back.verify(Precision.FLOAT32) < 1e-4);
        try (Checkpoint weights = back.weights()) {
            final String refusal =
                    assertThrows(IllegalArgumentException.class, () -> Origin.of(back, weights))
                            .getMessage();
            assertTrue(refusal.contains("predicts " + prediction.key()), refusal);
        }
    }

    /** The product with a vector is the derivative along each direction. */
    private static void assertGradient(
            DifferentiableNoisePredictor predictor, NDArray x, double[] t, NDManager manager) {
        final NDArray v = manager.randomNormal(x.getShape());
        final NDArray direction = manager.randomNormal(x.getShape());
        final double step = 1e-2;
        final NDArray ahead = predictor.predict(x.add(direction.mul(step)), t);
        final NDArray behind = predictor.predict(x.sub(direction.mul(step)), t);
        final double difference = ahead.sub(behind).mul(v).sum().getFloat() / (2 * step);
        final int before = manager.getManagedArrays().size();
        final Pullback pullback = predictor.pullback(x, t, v);
        assertEquals(before + 2, manager.getManagedArrays().size(), "nothing is left");
        assertEquals(
                0,
                Fixtures.relativeDifference(
                        pullback.noise().toFloatArray(), predictor.predict(x, t).toFloatArray()),
                1e-5);
        final double product = pullback.product().mul(direction).sum().getFloat();
        final double size =
                Math.sqrt(
                        pullback.product().square().sum().getFloat()
                                * direction.square().sum().getFloat());
        assertEquals(difference, product, 0.01 * size);
    }

    /** A network that predicts what the shipped prior's noise amounts to. */
    private record Converted(
            UNetNoisePredictor network, Prediction prediction, NoiseSchedule schedule)
            implements DifferentiableNoisePredictor {

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            final NDArray noise = network.predict(x, timesteps);
            final float[] n = noise.toFloatArray();
            noise.close();
            final float[] seen = x.toFloatArray();
            final int size = n.length / timesteps.length;
            for (int i = 0; i < n.length; i++) {
                final double a = schedule.alphaBar(timesteps[i / size]);
                final double image = (seen[i] - Math.sqrt(1 - a) * n[i]) / Math.sqrt(a);
                n[i] = (float) perfect(prediction, image, n[i], a);
            }
            return x.getManager().create(n, x.getShape());
        }

        @Override
        public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int channels() {
            return network.channels();
        }

        @Override
        public void close() {
            network.close();
        }
    }

    /** Whatever it predicts, the trial of the import finds out, and nothing else. */
    @ParameterizedTest
    @EnumSource(Prediction.class)
    void theTrialFindsWhatANetworkPredicts(Prediction prediction) throws Exception {
        final ModelDescriptor shipped =
                new ModelStore(List.of()).find("microscopy-gray").descriptor();
        final ImportSettings settings =
                ImportSettings.UNKNOWN.withArchitecture(shipped.architecture().configuration());
        try (Checkpoint weights = Safetensors.open(SHIPPED);
                UNetNoisePredictor network =
                        UNetNoisePredictor.load(
                                shipped.architecture(), weights, Precision.FLOAT32)) {
            final UntoldSettings untold = new UntoldSettings(weights.tensors(), settings);
            final Candidate decided =
                    untold.decide(
                            architecture ->
                                    new Converted(
                                            network.as(architecture, Precision.FLOAT32),
                                            prediction,
                                            shipped.schedule().schedule()),
                            Progress.NONE);
            assertEquals(prediction, decided.prediction(), untold.notes()::toString);
            assertEquals(shipped.schedule(), decided.schedule());
            assertEquals(Intensities.SIGNED, decided.intensities());
            assertEquals(
                    prediction != Prediction.EPSILON,
                    untold.notes()
                            .toString()
                            .contains("the network predicts " + prediction.words()),
                    untold.notes()::toString);
        }
    }
}
