/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import ij.ImagePlus;
import ij.ImageStack;
import ij.io.Opener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.deqir.Sampling;
import org.deqir.VolumeRestorer;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Volume;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.optics.StackOptics;
import org.deqir.progress.Progress;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Volumes against Richardson–Lucy with the number of iterations that is best for the truth. Writes
 * {@code target/quality/volumes.csv}, and the guide's pictures of a volume that is made up here.
 */
@Tag("quality")
class VolumeQualityTest {

    private static final Path DATA = Path.of("..", "shared", "data", "volumes");
    private static final Path OUTPUT = Path.of("target", "quality");
    private static final List<String> CASES = List.of("mix-14-conf-300", "vesicles-15-wf-300");

    /** Offset and background of the measurements. */
    private static final double BLACK = 102;

    @Test
    void beatsTheTunedRichardsonLucy() throws IOException {
        assumeTrue(Files.isDirectory(DATA), "the volumes are not there");
        Files.createDirectories(OUTPUT);
        final JsonObject cases =
                JsonParser.parseString(Files.readString(DATA.resolve("deconvolve.json")))
                        .getAsJsonObject();
        final StringBuilder table = new StringBuilder("volume,richardson-lucy,restored,chain\n");
        double gained = 0;
        for (final String name : CASES) {
            final JsonObject known = cases.getAsJsonObject(name);
            final List<ImagePlus> images = MacroRunner.run(macro(name)).succeeded().images();
            final ImagePlus restored = images.get(images.size() - 1);
            final double peer = known.getAsJsonObject("psnr").get("richardson_lucy").getAsDouble();
            final Path truth =
                    DATA.resolve("truth").resolve(name.replaceAll("-(conf|wf)-.*", "") + ".tif");
            final double ours =
                    psnr(
                            volume(restored),
                            volume(new Opener().openImage(truth.toString())),
                            known.get("counts_per_unit").getAsDouble());
            gained += (ours - peer) / CASES.size();
            table.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%.2f,%.2f,%s\n",
                            name,
                            peer,
                            ours,
                            restored.getProp("DeqIR chain").replace(',', ';')));
        }
        Files.writeString(OUTPUT.resolve("volumes.csv"), table);
        System.out.print(table);
        assertTrue(gained > 0.8, table.toString());
    }

    private static String macro(String name) {
        final String psf = name.contains("-wf-") ? "wf.tif" : "conf.tif";
        return String.format(
                "open(\"%s\"); open(\"%s\"); run(\"32-bit\"); run(\"DeqIR Deblur...\","
                        + " \"dimensions=3 blur=[psf image] psf=%s noise=poisson-gaussian gain=1"
                        + " offset=100 readout=1.6\");",
                path("psf", psf), path("deconvolve", name + ".tif"), psf);
    }

    private static String path(String folder, String file) {
        final Path path = DATA.resolve(folder).resolve(file);
        return path.toAbsolutePath().normalize().toString().replace("\\", "/");
    }

    private static Volume volume(ImagePlus image) {
        final ImageStack stack = image.getStack();
        final int plane = stack.getWidth() * stack.getHeight();
        final float[] samples = new float[plane * stack.getSize()];
        for (int z = 0; z < stack.getSize(); z++) {
            final Object slice = stack.getProcessor(z + 1).convertToFloat().getPixels();
            System.arraycopy(slice, 0, samples, z * plane, plane);
        }
        return new Volume(samples, stack.getWidth(), stack.getHeight(), stack.getSize());
    }

    /** Of a volume in grey levels against one in [0, 1]. */
    private static double psnr(Volume volume, Volume truth, double unit) {
        final float[] scaled = new float[volume.size()];
        for (int i = 0; i < scaled.length; i++)
            scaled[i] = (float) Math.max(0, Math.min(1, (volume.samples()[i] - BLACK) / unit));
        return PeakSignalToNoiseRatio.of(truth.samples(), scaled, 1);
    }

    @Test
    void showsThreeViews() throws IOException {
        Files.createDirectories(OUTPUT);
        final NoiseModel camera = new NoiseModel.PoissonGaussian(1, BLACK - 2, 1.6);
        final VolumeDegradation blur =
                new VolumeDegradation.Blur(
                        new StackOptics(
                                        StackOptics.Modality.WIDEFIELD,
                                        1.2,
                                        1.333,
                                        1.333,
                                        0,
                                        0,
                                        520,
                                        520,
                                        1,
                                        0)
                                .psf(0.1, 0.1, 0.2, 21, 21));
        try (NDManager manager = NDManager.newBaseManager();
                LinearOperator operator = blur.operator(manager, 32, 64, 64);
                DiffusionPrior prior =
                        new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            final Shape field = operator.imageShape();
            final Volume whole =
                    MadeUpVolume.of((int) field.get(0), (int) field.get(1), (int) field.get(2), 5);
            final NDArray truth = VolumeTensors.of(manager, whole);
            final Volume sharp = VolumeTensors.middle(truth, blur.reach());
            final NDArray blurred = operator.apply(truth);
            // The brightest measured voxel has 300 photons.
            final double unit = 300 / blurred.max().getFloat();
            final float[] expected = blurred.muli(unit).addi(BLACK).toFloatArray();
            final Volume measured = new Volume(camera.simulate(expected, 3), 64, 64, 32);

            final Light light = Light.of(camera, 0, 0, 0);
            final NDArray counts = light.counts(VolumeTensors.of(manager, measured));
            Volume best = measured;
            for (int iterations = 40; iterations <= 160; iterations += 40) {
                final NDArray made =
                        new RichardsonLucy(operator, counts, light.pedestal(), "")
                                .run(iterations, (i, now) -> false, Progress.NONE);
                final Volume guess = VolumeTensors.middle(light.greyLevels(made), blur.reach());
                made.close();
                if (psnr(guess, sharp, unit) > psnr(best, sharp, unit)) best = guess;
            }
            final Volume restored =
                    new VolumeRestorer(prior)
                            .restore(measured, blur, camera, Sampling.DEFAULT, Progress.NONE)
                            .restored();
            final float[] scaled = sharp.samples().clone();
            for (int i = 0; i < scaled.length; i++) scaled[i] = (float) (BLACK + unit * scaled[i]);
            final VolumeViews views =
                    new VolumeViews(MadeUpVolume.POINT, BLACK, BLACK + 0.7 * unit)
                            .add("truth", new Volume(scaled, 64, 64, 32))
                            .add("measured", measured)
                            .add("Richardson-Lucy, best", best)
                            .add("DeqIR", restored);
            ImageIO.write(views.slices(), "png", OUTPUT.resolve("volume.png").toFile());
            ImageIO.write(views.profiles(), "png", OUTPUT.resolve("volume-lines.png").toFile());
            final double peer = psnr(best, sharp, unit);
            final double ours = psnr(restored, sharp, unit);
            System.out.printf(Locale.ROOT, "made up: %.2f, %.2f dB%n", peer, ours);
            assertTrue(ours > peer, ours + " dB, Richardson-Lucy " + peer);
        }
    }
}
