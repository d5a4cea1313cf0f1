/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.ImagePlus;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Real exposures of few photons, denoised by the command with {@code noise=auto} and compared with
 * the mean of 400 exposures of the same field: better than a Gaussian filter whose width was tuned
 * on that mean for every image.
 *
 * <p>Input and mean differ by a gain and an offset, which are fitted before the signal-to-noise
 * ratio is taken. Writes {@code target/quality/real-noise.csv} and a panel of input, Gaussian
 * filter, restored image and mean.
 */
@Tag("quality")
class RealNoiseTest {

    private static final Path PAIRS = Path.of("..", "shared", "data", "pairs");
    private static final Path OUTPUT = Path.of("target", "quality");
    private static final int SIZE = 256;
    private static final int GAP = 4;

    @Test
    void beatsTheTunedGaussianFilterOnRealNoise() throws IOException {
        assumeTrue(Files.isDirectory(PAIRS.resolve("noisy")), "the real exposures are not there");
        Files.createDirectories(OUTPUT);
        final StringBuilder table = new StringBuilder("image,input,gaussian,bm3d,restored,chain\n");
        final List<ImageProcessor[]> rows = new ArrayList<>();
        double filteredMean = 0;
        double bm3dMean = 0;
        double restoredMean = 0;
        final List<Path> files = files();
        for (final Path file : files) {
            final List<ImagePlus> images = MacroRunner.run(macro(file)).succeeded().images();
            final ImageProcessor truth = images.get(0).getProcessor();
            final ImageProcessor input = images.get(1).getProcessor();
            final ImagePlus restored = images.get(images.size() - 1);
            final ImageProcessor filtered = bestGaussian(input, truth);
            final double ofFilter = psnr(filtered, truth);
            final double ofBm3d = psnr(bm3d(input, truth), truth);
            final double ofResult = psnr(restored.getProcessor(), truth);
            filteredMean += ofFilter / files.size();
            bm3dMean += ofBm3d / files.size();
            restoredMean += ofResult / files.size();
            table.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%.2f,%.2f,%.2f,%.2f,%s\n",
                            file.getFileName(),
                            psnr(input, truth),
                            ofFilter,
                            ofBm3d,
                            ofResult,
                            restored.getProp("DeqIR chain").replace(',', ';')));
            rows.add(new ImageProcessor[] {input, filtered, restored.getProcessor(), truth});
        }
        final String mean =
                String.format(
                        Locale.ROOT,
                        "mean,,%.2f,%.2f,%.2f,\n",
                        filteredMean,
                        bm3dMean,
                        restoredMean);
        Files.writeString(OUTPUT.resolve("real-noise.csv"), table + mean);
        System.out.print(table + mean);
        ImageIO.write(panel(rows), "png", OUTPUT.resolve("real-noise.png").toFile());
        assertTrue(restoredMean > filteredMean + 0.5, mean);
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(PAIRS.resolve("noisy"))) {
            return files.sorted().toList();
        }
    }

    private static String macro(Path noisy) {
        final Path clean = PAIRS.resolve("clean").resolve(noisy.getFileName());
        return open(clean)
                + open(noisy)
                + "run('DeqIR Denoise...', 'noise=auto');".replace('\'', '"');
    }

    private static String open(Path file) {
        return String.format(
                "open(\"%s\"); makeRectangle(0, 0, %d, %d); run(\"Crop\");\n",
                file.toAbsolutePath().normalize().toString().replace("\\", "/"), SIZE, SIZE);
    }

    private static ImageProcessor bestGaussian(ImageProcessor input, ImageProcessor truth) {
        ImageProcessor best = input;
        for (double sigma = 1; sigma <= 5; sigma += 0.25) {
            final ImageProcessor filtered = input.convertToFloat();
            filtered.blurGaussian(sigma);
            if (psnr(filtered, truth) > psnr(best, truth)) best = filtered;
        }
        return best;
    }

    /** With the noise that the mean of the exposures shows, which the command does not know. */
    private static ImageProcessor bm3d(ImageProcessor input, ImageProcessor truth) {
        final int width = input.getWidth();
        final int height = input.getHeight();
        final float[] exposure = samples(input);
        final NoiseModel noise = trueNoise(exposure, samples(truth));
        return new FloatProcessor(width, height, Bm3d.denoise(exposure, width, height, noise, 255));
    }

    /**
     * Expected grey levels are the line through the truth that fits the exposure best, and the
     * variance is the line through the squared distances from them, each with the weight of its own
     * variance.
     */
    private static NoiseModel trueNoise(float[] exposure, float[] truth) {
        final double[] ones = new double[truth.length];
        Arrays.fill(ones, 1);
        final double[] measured = doubles(exposure);
        final double[] levels = line(doubles(truth), measured, ones);
        final double[] expected = new double[truth.length];
        final double[] squares = new double[truth.length];
        for (int i = 0; i < truth.length; i++) {
            expected[i] = levels[0] + levels[1] * truth[i];
            squares[i] = Math.pow(measured[i] - expected[i], 2);
        }
        double[] variance = {Arrays.stream(squares).average().orElseThrow(), 0};
        final double[] weights = new double[truth.length];
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < weights.length; i++)
                weights[i] = Math.pow(Math.max(1, variance[0] + variance[1] * expected[i]), -2);
            variance = line(expected, squares, weights);
        }
        return variance[0] > 0
                ? new NoiseModel.PoissonGaussian(variance[1], 0, Math.sqrt(variance[0]))
                : new NoiseModel.PoissonGaussian(variance[1], -variance[0] / variance[1], 0);
    }

    /** Constant and slope of the line that fits best. */
    private static double[] line(double[] x, double[] y, double[] weights) {
        double sum = 0;
        double meanX = 0;
        double meanY = 0;
        for (int i = 0; i < x.length; i++) {
            sum += weights[i];
            meanX += weights[i] * x[i];
            meanY += weights[i] * y[i];
        }
        meanX /= sum;
        meanY /= sum;
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < x.length; i++) {
            xx += weights[i] * (x[i] - meanX) * (x[i] - meanX);
            xy += weights[i] * (x[i] - meanX) * (y[i] - meanY);
        }
        return new double[] {meanY - xy / xx * meanX, xy / xx};
    }

    private static double[] doubles(float[] values) {
        final double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) doubles[i] = values[i];
        return doubles;
    }

    /** After the gain and offset that fit best; the peak is a range of percentiles of the truth. */
    static double psnr(ImageProcessor estimate, ImageProcessor truth) {
        final float[] x = samples(estimate);
        final float[] y = samples(truth);
        final double meanX = mean(x);
        final double meanY = mean(y);
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < x.length; i++) {
            xx += (x[i] - meanX) * (x[i] - meanX);
            xy += (x[i] - meanX) * (y[i] - meanY);
        }
        double squares = 0;
        for (int i = 0; i < x.length; i++)
            squares += Math.pow(xy / xx * (x[i] - meanX) + meanY - y[i], 2);
        Arrays.sort(y);
        final double peak = y[(int) (0.999 * (y.length - 1))] - y[(int) (0.001 * (y.length - 1))];
        return 10 * Math.log10(peak * peak * x.length / squares);
    }

    private static float[] samples(ImageProcessor image) {
        return ((float[]) image.convertToFloatProcessor().getPixels()).clone();
    }

    private static double mean(float[] values) {
        double sum = 0;
        for (final float value : values) sum += value;
        return sum / values.length;
    }

    private static BufferedImage panel(List<ImageProcessor[]> rows) {
        final BufferedImage panel =
                new BufferedImage(
                        4 * (SIZE + GAP) - GAP,
                        rows.size() * (SIZE + GAP) - GAP,
                        BufferedImage.TYPE_INT_RGB);
        for (int r = 0; r < rows.size(); r++)
            for (int c = 0; c < 4; c++) {
                final ImageProcessor shown = rows.get(r)[c].duplicate();
                shown.setMinAndMax(0, c == 3 ? 220 : 160);
                panel.getGraphics()
                        .drawImage(
                                shown.convertToByteProcessor().getBufferedImage(),
                                c * (SIZE + GAP),
                                r * (SIZE + GAP),
                                null);
            }
        return panel;
    }
}
