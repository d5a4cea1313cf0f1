/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import java.awt.event.KeyEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deqir.command.ui.SamplePanel;
import org.deqir.command.ui.TrainingDisplay;
import org.deqir.image.Plane;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.deqir.training.Measurement;
import org.deqir.training.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training by the text of a real macro, headless. */
@Tag("slow")
class TrainPriorMacroTest {

    private static final String TINY =
            "base=scratch size=tiny patch=8 batch=2 precision=float32 rate=0.002 ";

    private static final String SPOTS =
            """
            newImage('spots', '16-bit black', 48, 40, 2);
            for (n = 1; n <= 2; n++) { setSlice(n);
              for (i = 0; i < 12; i++) { makeOval(3 * i + n, 37 * i % 31, 6, 6); run('Set...', 'value=900 slice'); } }
            run('Select None');
            """;

    @TempDir Path imagej;

    private Path models;

    @BeforeEach
    void installModelsHere() {
        models = imagej.resolve("models").resolve("deqir");
        SmootherService.modelsIn(models);
    }

    @AfterEach
    void installModelsWhereTheyBelong() {
        SmootherService.modelsIn(null);
    }

    private InstalledModel model(String name) throws Exception {
        return new ModelStore(List.of(models)).find(name);
    }

    @Test
    void aTrainedModelCanBeUsedAtOnce() throws Exception {
        final Result result =
                MacroRunner.run(
                                SPOTS
                                        + "run('DeqIR Train Prior...', '"
                                        + TINY
                                        + "steps=4 name=my-spots data=[Simulated spots, CC0]"
                                        + " licence=CC0-1.0 author=[A Tester]');run('DeqIR"
                                        + " Denoise...', 'noise=gaussian sigma=20 model=my-spots"
                                        + " slices=1');")
                        .succeeded();
        final String info = (String) result.image("spots-denoised").getProperty("Info");
        assertTrue(info.contains("model=my-spots"), info);
        assertTrue(info.contains("DeqIR device: cpu"), info);
        final var card = model("my-spots").descriptor().card();
        assertEquals("Prior my-spots", card.title());
        assertEquals(List.of("A Tester"), card.authors());
        assertEquals("CC0-1.0", card.licence());
        assertEquals("Simulated spots, CC0: 2 images of 3840 pixels in all", card.trainingData());
        assertTrue(card.provenance().startsWith("4 training steps"), card.provenance());
        assertTrue(card.provenance().contains("random weights of a tiny network"));
        assertFalse(Files.exists(state("my-spots")), "the checkpoint is not needed any more");
    }

    @Test
    void aFolderOfFilesIsReadAndAnInstalledModelIsTheBase() throws Exception {
        final Path folder = Files.createDirectory(imagej.resolve("files"));
        for (int n = 0; n < 2; n++)
            IJ.saveAsTiff(
                    Images.hyperstack(8, 1, 1, 1).resize(40, 32, "bilinear"),
                    folder.resolve(n + ".tif").toString());
        Files.writeString(folder.resolve("notes.txt"), "no image");
        final String source = "source=[" + folder.toString().replace('\\', '/') + "] ";
        MacroRunner.run("run('DeqIR Train Prior...', '" + source + TINY + "steps=1 name=first');")
                .succeeded();
        MacroRunner.run(
                        "run('DeqIR Train Prior...', '"
                                + source
                                + "base=first steps=2 patch=8 batch=1 shrink=2 name=second');")
                .succeeded();
        final var first = model("first").descriptor();
        final var second = model("second").descriptor();
        assertEquals(first.architecture(), second.architecture());
        assertNotEquals(first.weights().sha256(), second.weights().sha256());
        assertTrue(
                second.card().provenance().matches("(?s).*, (float32|bfloat16);.*"),
                "the faster format: " + second.card().provenance());
        assertTrue(
                second.card()
                        .provenance()
                        .contains(
                                "the model first (SHA-256 of the weights "
                                        + first.weights().sha256()),
                second.card().provenance());
        assertEquals(
                "Own images: 2 images of 640 pixels in all, shrunk 2 times; before that: Own"
                        + " images: 2 images of 2560 pixels in all",
                second.card().trainingData());
    }

    @Test
    void escKeepsACheckpointThatCanBeContinuedOrInstalled() throws Exception {
        final String train = "run('DeqIR Train Prior...', '" + TINY;
        final Thread escape = escapeOnceStarted("long");
        final Result stopped = MacroRunner.run(SPOTS + train + "steps=1000000 name=long');");
        escape.join();
        assertTrue(stopped.error().contains("abort") || stopped.error().contains("cancel"));
        assertFalse(Files.exists(models.resolve("long")), "nothing is installed");
        final Result again = MacroRunner.run(SPOTS + train + "steps=2 name=long');");
        assertTrue(again.error().contains("resume=continue"), again.error());
        final String number = again.error().replaceAll("(?s).*stopped after (\\d+) steps.*", "$1");
        final long done = Long.parseLong(number);
        MacroRunner.run(
                        SPOTS
                                + "run('DeqIR Train Prior...', 'name=long resume=continue steps="
                                + (done + 2)
                                + "');")
                .succeeded();
        assertTrue(
                model("long")
                        .descriptor()
                        .card()
                        .provenance()
                        .startsWith((done + 2) + " training steps"));
    }

    @Test
    void aStoppedTrainingCanBeInstalledAsItIs() throws Exception {
        final Thread escape = escapeOnceStarted("short");
        MacroRunner.run(SPOTS + "run('DeqIR Train Prior...', '" + TINY + "steps=9999 name=short');")
                .error();
        escape.join();
        MacroRunner.run("run('DeqIR Train Prior...', 'name=short resume=install');").succeeded();
        assertTrue(model("short").problem().isEmpty());
        assertTrue(
                MacroRunner.run("run('DeqIR Train Prior...', 'name=absent resume=install');")
                        .error()
                        .contains("no stopped training of the name absent"));
    }

    private Path state(String name) {
        return imagej.resolve("models/deqir-training").resolve(name).resolve("state.safetensors");
    }

    /** Presses ESC when the training has written its first checkpoint. */
    private Thread escapeOnceStarted(String name) {
        final Thread thread =
                new Thread(
                        () -> {
                            try {
                                while (!Files.exists(state(name))) Thread.sleep(5);
                                IJ.setKeyDown(KeyEvent.VK_ESCAPE);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        thread.start();
        return thread;
    }

    @Test
    void theLossesArePlotted() {
        final List<Measurement> measurements =
                List.of(
                        new Measurement(0, 0, Double.NaN, 1, 20),
                        new Measurement(10, 5, 0.8, 0.7, 22),
                        new Measurement(20, 10, 0.6, 0.5, 24));
        final ImageProcessor plot =
                TrainingDisplay.plot("cells", measurements).getProcessor().convertToRGB();
        int blue = 0;
        for (int i = 0; i < plot.getPixelCount(); i++)
            if ((plot.get(i) & 0xffffff) == 0x0000ff) blue++;
        assertTrue(blue > 100, "the validation loss is a line: " + blue);
        assertEquals(
                "DeqIR training of cells: 10 steps, 5 s, loss 0.80000, validation loss 0.70000,"
                        + " denoising 22.00 dB",
                TrainingDisplay.line("cells", measurements.get(1)));
    }

    @Test
    void restoredPatchesStandBetweenNoisyAndTrueOnes() {
        final Plane dark = Plane.of(new float[] {-1, -1, -1, -1}, 2, 2);
        final Plane grey = Plane.of(new float[] {0, 0, 0, 0}, 2, 2);
        final Plane bright = Plane.of(new float[] {1, 2, 1, 1}, 2, 2);
        final ImagePlus panel =
                SamplePanel.of(
                        "t", List.of(new Sample(dark, grey, bright), new Sample(grey, grey, dark)));
        assertEquals(14, panel.getWidth());
        assertEquals(8, panel.getHeight());
        final ImageProcessor ip = panel.getProcessor();
        assertEquals(0, ip.get(0, 0));
        assertEquals(128, ip.get(6, 0));
        assertEquals(255, ip.get(13, 0));
        assertEquals(0, ip.get(12, 6));
        final float[] full = {1, 1, 1, 1};
        final float[] none = {-1, -1, -1, -1};
        final Plane red = new Plane(new float[][] {full, none, none}, 2, 2);
        final ImageProcessor rgb =
                SamplePanel.of("t", List.of(new Sample(red, red, red))).getProcessor();
        assertTrue(rgb instanceof ColorProcessor);
        assertEquals(0xff0000, rgb.get(0, 0) & 0xffffff);
    }
}
