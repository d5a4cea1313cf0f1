/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import javax.imageio.ImageIO;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every task of the benchmark reaches what is required of it, through its command in a headless
 * macro with default settings except the keys of noise and operator.
 *
 * <p>Writes {@code target/quality/results.csv} and a panel a task: input, restored and truth side
 * by side, one image a row. Beside denoised grey images stands what {@link Bm3d} makes of them,
 * with the noise as it was. The property {@code deqir.quality.tasks} restricts the run to the tasks
 * that it names, separated by commas.
 */
@Tag("quality")
class QualityTest {

    private static final Path OUTPUT = Path.of("target", "quality");
    private static final Path TABLE = OUTPUT.resolve("results.csv");
    private static final int GAP = 4;

    static List<Bench.Task> tasks() throws IOException {
        if (!Bench.isThere()) return List.of();
        final String only = System.getProperty("deqir.quality.tasks", "");
        return Bench.tasks().stream()
                .filter(task -> only.isEmpty() || Set.of(only.split(",")).contains(task.name()))
                .toList();
    }

    @BeforeAll
    static void startTable() throws IOException {
        Files.createDirectories(OUTPUT);
        Files.writeString(
                TABLE, "task,image,input_psnr,restored_psnr,bm3d_psnr,seconds,evaluations\n");
    }

    private record Row(
            String image,
            double inputPsnr,
            double restoredPsnr,
            OptionalDouble bm3dPsnr,
            double seconds,
            int evaluations) {

        String csv(String task) {
            return String.format(
                    Locale.ROOT,
                    "%s,%s,%.3f,%.3f,%s,%.1f,%d\n",
                    task,
                    image,
                    inputPsnr,
                    restoredPsnr,
                    bm3dPsnr.isPresent()
                            ? String.format(Locale.ROOT, "%.3f", bm3dPsnr.getAsDouble())
                            : "",
                    seconds,
                    evaluations);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("tasks")
    void reachesWhatIsRequired(Bench.Task task) throws IOException {
        assumeTrue(Bench.isThere(), "the benchmark's data are not there");
        final List<Row> rows = new ArrayList<>();
        final List<ImagePlus[]> panels = new ArrayList<>();
        for (final String image : task.images()) rows.add(row(task, image, panels));
        final Row mean =
                new Row(
                        "mean",
                        rows.stream().mapToDouble(Row::inputPsnr).average().orElseThrow(),
                        rows.stream().mapToDouble(Row::restoredPsnr).average().orElseThrow(),
                        rows.stream().flatMapToDouble(row -> row.bm3dPsnr().stream()).average(),
                        rows.stream().mapToDouble(Row::seconds).average().orElseThrow(),
                        rows.stream().mapToInt(Row::evaluations).sum() / rows.size());
        append(mean.csv(task.name()));
        ImageIO.write(panel(task, panels), "png", OUTPUT.resolve(task.name() + ".png").toFile());
        assertTrue(
                mean.restoredPsnr() >= task.required(),
                String.format(
                        Locale.ROOT,
                        "%s reaches %.2f dB, but %.2f dB are required",
                        task.name(),
                        mean.restoredPsnr(),
                        task.required()));
    }

    private static Row row(Bench.Task task, String image, List<ImagePlus[]> panels)
            throws IOException {
        final MacroRunner.Result result = MacroRunner.run(macro(task, image)).succeeded();
        final List<ImagePlus> images = result.images();
        final ImagePlus restored = images.get(images.size() - 1);
        final ImagePlus input = sized(result.image("input"), restored);
        final ImagePlus truth = result.image("truth");
        panels.add(new ImagePlus[] {input, restored, truth});
        // The log also has what the command found out.
        final String[] said =
                result.log()
                        .lines()
                        .filter(line -> line.matches("\\d+ \\d+"))
                        .reduce((first, last) -> last)
                        .orElseThrow()
                        .split(" ");
        final Row row =
                new Row(
                        image.replaceFirst("\\.\\w+$", ""),
                        psnr(task, truth, input),
                        psnr(task, truth, restored),
                        bm3d(task, input)
                                .map(estimate -> OptionalDouble.of(psnr(task, truth, estimate)))
                                .orElse(OptionalDouble.empty()),
                        Double.parseDouble(said[0]) / 1000,
                        Integer.parseInt(said[1]));
        append(row.csv(task.name()));
        return row;
    }

    private static Optional<ImagePlus> bm3d(Bench.Task task, ImagePlus input) {
        if (!task.command().contains("Denoise") || input.getBitDepth() == 24)
            return Optional.empty();
        final int width = input.getWidth();
        final int height = input.getHeight();
        final float[] estimate =
                Bm3d.denoise(samples(input), width, height, task.noise(), task.peak());
        return Optional.of(new ImagePlus("", new FloatProcessor(width, height, estimate)));
    }

    private static String macro(Bench.Task task, String image) throws IOException {
        final StringBuilder macro = new StringBuilder();
        open(macro, task.truth(image), "truth");
        if (Files.exists(task.mask(image))) open(macro, task.mask(image), "mask");
        if (task.command().contains("psf="))
            open(macro, Bench.FOLDER.resolve("psf.tif"), "psf.tif");
        open(macro, task.measured(image), "input");
        return macro.append("start = getTime();\n")
                .append(task.command())
                .append("\nseconds = getTime() - start;\n")
                .append("said = Property.get('DeqIR network evaluations');\n")
                .append("print(seconds, substring(said, 0, indexOf(said, ' ')));")
                .toString();
    }

    private static void open(StringBuilder macro, Path file, String title) throws IOException {
        final String path =
                readable(file).toAbsolutePath().normalize().toString().replace("\\", "/");
        macro.append("open('").append(path).append("'); rename('").append(title).append("');\n");
    }

    /** ImageJ 1.54p misreads TIFF files of two short strips, so they are written anew. */
    private static Path readable(Path file) throws IOException {
        if (!file.toString().endsWith(".tif")) return file;
        final Raster raster = ImageIO.read(file.toFile()).getData();
        final float[] samples =
                raster.getSamples(0, 0, raster.getWidth(), raster.getHeight(), 0, (float[]) null);
        final Path copy = Files.createTempFile(OUTPUT, "input", ".tif");
        copy.toFile().deleteOnExit();
        IJ.saveAsTiff(
                new ImagePlus(
                        "", new FloatProcessor(raster.getWidth(), raster.getHeight(), samples)),
                copy.toString());
        return copy;
    }

    /** An image of fewer pixels is enlarged as ImageJ does it. */
    private static ImagePlus sized(ImagePlus image, ImagePlus like) {
        if (image.getWidth() == like.getWidth()) return image;
        image.getProcessor().setInterpolationMethod(ImageProcessor.BICUBIC);
        return new ImagePlus(
                image.getTitle(),
                image.getProcessor().resize(like.getWidth(), like.getHeight(), true));
    }

    /** Of the result clipped to the range of the truth, as the bars were measured. */
    private static double psnr(Bench.Task task, ImagePlus truth, ImagePlus estimate) {
        final float[] expected = samples(truth);
        for (int i = 0; i < expected.length; i++)
            expected[i] = (float) (task.gain() * expected[i] + task.background());
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (final float level : expected) {
            least = Math.min(least, level);
            most = Math.max(most, level);
        }
        final float[] actual = samples(estimate);
        for (int i = 0; i < actual.length; i++)
            actual[i] = Math.max(least, Math.min(most, actual[i]));
        return PeakSignalToNoiseRatio.of(expected, actual, task.peak());
    }

    private static float[] samples(ImagePlus image) {
        final ImageProcessor ip = image.getProcessor();
        final int size = ip.getPixelCount();
        final float[] samples = new float[size * ip.getNChannels()];
        for (int c = 0; c < ip.getNChannels(); c++)
            System.arraycopy(ip.toFloat(c, null).getPixels(), 0, samples, c * size, size);
        return samples;
    }

    private static synchronized void append(String line) throws IOException {
        Files.writeString(TABLE, line, StandardOpenOption.APPEND);
        System.out.print(line);
    }

    /** All images of a row in the display range of its truth. */
    private static BufferedImage panel(Bench.Task task, List<ImagePlus[]> rows) {
        final int width = rows.get(0)[2].getWidth();
        final int height = rows.get(0)[2].getHeight();
        final BufferedImage panel =
                new BufferedImage(
                        3 * (width + GAP) - GAP,
                        rows.size() * (height + GAP) - GAP,
                        BufferedImage.TYPE_INT_RGB);
        for (int r = 0; r < rows.size(); r++)
            for (int c = 0; c < 3; c++) {
                final ImageProcessor shown = shown(task, rows.get(r)[c], rows.get(r)[2]);
                panel.getGraphics()
                        .drawImage(
                                shown.getBufferedImage(),
                                c * (width + GAP),
                                r * (height + GAP),
                                null);
            }
        return panel;
    }

    /** In the display range of the truth, which has units of its own. */
    private static ImageProcessor shown(Bench.Task task, ImagePlus image, ImagePlus truth) {
        if (image.getBitDepth() == 24) return image.getProcessor();
        final float[] sorted = samples(truth);
        Arrays.sort(sorted);
        double least = sorted[0];
        double most = sorted[(int) (0.998 * (sorted.length - 1))];
        if (image != truth) {
            least = task.gain() * least + task.background();
            most = task.gain() * most + task.background();
        }
        final ImageProcessor shown = image.getProcessor().duplicate();
        shown.setMinAndMax(least, most);
        return shown.convertToByteProcessor();
    }
}
