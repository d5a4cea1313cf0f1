/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.VirtualStack;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.process.ImageProcessor;
import ij.process.LUT;
import ij.process.ShortProcessor;
import java.awt.Color;
import java.awt.event.KeyEvent;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.OmeMetadata;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The key {@code output}: results that go to disk slice by slice. */
@Tag("slow")
class OutputTest {

    private static final String KEYS = "noise=gaussian sigma=9 model=smoother";

    @TempDir private Path folder;

    @AfterEach
    void release() {
        SmootherService.onCall(() -> {});
        IJ.resetEscape();
    }

    private static String denoise(String keys) {
        return "run('DeqIR Denoise...', '" + keys + "');";
    }

    private static ImagePlus shown(ImagePlus input, String keys) {
        return MacroRunner.run(input.duplicate(), denoise(keys)).succeeded().images().get(1);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static void assertSamePixels(ImagePlus expected, ImagePlus actual) {
        assertArrayEquals(expected.getDimensions(), actual.getDimensions());
        assertEquals(expected.getType(), actual.getType());
        for (int n = 1; n <= expected.getStackSize(); n++)
            assertArrayEquals(
                    expected.getStack().getProcessor(n).getFloatArray(),
                    actual.getStack().getProcessor(n).getFloatArray(),
                    "plane " + n);
    }

    private static void assertSameDescription(ImagePlus expected, ImagePlus actual) {
        assertTrue(expected.getCalibration().equals(actual.getCalibration()));
        assertEquals(
                expected.getCalibration().frameInterval, actual.getCalibration().frameInterval);
        assertEquals(expected.isHyperStack(), actual.isHyperStack());
        for (int n = 1; n <= expected.getStackSize(); n++)
            assertEquals(expected.getStack().getSliceLabel(n), actual.getStack().getSliceLabel(n));
        assertEquals(expected.getProp("Lens"), actual.getProp("Lens"));
        final String info = actual.getInfoProperty();
        assertTrue(info.contains("Objective: 63x"), info);
        assertTrue(info.contains("DeqIR network evaluations: "), info);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 32})
    void aTiffHoldsWhatWouldBeShown(int bitDepth) throws IOException {
        final ImagePlus input = Images.hyperstack(bitDepth, 2, 3, 2);
        final ImagePlus expected = shown(input, KEYS);
        final Path file = folder.resolve("a b.tif");
        final MacroRunner.Result run =
                MacroRunner.run(input, denoise(KEYS + " output=[" + file + "]")).succeeded();
        assertEquals(List.of("a b.tif"), names());
        final ImagePlus virtual = run.image("cells-denoised");
        assertTrue(virtual.getStack().isVirtual());
        assertSamePixels(expected, virtual);
        assertSameDescription(expected, virtual);
        final ImagePlus opened = IJ.openImage(file.toString());
        assertSamePixels(expected, opened);
        assertSameDescription(expected, opened);
        assertTrue(opened.getInfoProperty().contains("output=[" + file + "]"), "the macro line");
        assertTrue(opened instanceof CompositeImage);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void anOmeZarrHoldsWhatWouldBeShown(int bitDepth) throws IOException {
        final boolean rgb = bitDepth == 24;
        final String keys = rgb ? KEYS.replace("smoother", "smoother-rgb") : KEYS;
        final ImagePlus input = Images.hyperstack(bitDepth, rgb ? 1 : 2, 3, 2);
        final ImagePlus expected = shown(input, keys);
        final Path file = folder.resolve("a b.ome.zarr");
        final MacroRunner.Result run =
                MacroRunner.run(input, denoise(keys + " output=[" + file + "]")).succeeded();
        assertEquals(List.of("a b.ome.zarr"), names());
        final ImagePlus virtual = run.image("cells-denoised");
        assertTrue(virtual.getStack().isVirtual());
        assertSamePixels(expected, virtual);
        assertSameDescription(expected, virtual);
        OmeMetadata.check(file);
        final OmeImage image = OmeImage.open(file);
        assertArrayEquals(
                new long[] {2, rgb ? 3 : 2, 3, input.getHeight(), input.getWidth()},
                image.array(0).shape());
        assertEquals(expected.getCalibration().pixelWidth, image.levels().get(0).scale()[4], 1e-12);
        assertEquals(rgb ? 3 : 2, image.omero().getAsJsonArray("channels").size());
        // An image that is there is not touched.
        assertTrue(
                MacroRunner.run(input, denoise(keys + " output=[" + file + "]"))
                        .error()
                        .contains("exists; give a new name"));
    }

    @Test
    void rgbGoesToATiff() {
        final ImagePlus input = Images.hyperstack(24, 1, 3, 1);
        final ImagePlus expected = shown(input, KEYS.replace("smoother", "smoother-rgb"));
        final Path file = folder.resolve("rgb.tiff");
        MacroRunner.run(
                        input,
                        denoise(KEYS.replace("smoother", "smoother-rgb") + " output=" + file))
                .succeeded();
        assertSamePixels(expected, IJ.openImage(file.toString()));
    }

    @Test
    void aFolderGetsATiffOfEachSlice() throws IOException {
        final ImagePlus input = Images.hyperstack(16, 1, 3, 1);
        final ImagePlus expected = shown(input, KEYS);
        final MacroRunner.Result run =
                MacroRunner.run(input, denoise(KEYS + " output=" + folder.resolve("out")))
                        .succeeded();
        assertSamePixels(expected, run.image("cells-denoised"));
        for (int n = 1; n <= 3; n++) {
            final ImagePlus slice =
                    IJ.openImage(folder.resolve("out/cells-denoised-000" + n + ".tif").toString());
            assertArrayEquals(
                    expected.getStack().getProcessor(n).getFloatArray(),
                    slice.getProcessor().getFloatArray());
            assertEquals("plane " + n, slice.getProp("Slice_Label"));
            assertEquals(0.1, slice.getCalibration().pixelWidth);
            assertTrue(slice.getInfoProperty().contains("DeqIR network evaluations: 3"));
        }
    }

    @Test
    void lookUpTablesRangesAndOverlaysAreKept() {
        final ImagePlus input = Images.hyperstack(16, 1, 3, 1);
        final LUT lut = LUT.createLutFromColor(Color.MAGENTA);
        lut.min = 1100;
        lut.max = 2900;
        input.setLut(lut);
        final Overlay overlay = new Overlay();
        final Roi cell = new Roi(3, 4, 6, 5);
        cell.setName("cell");
        cell.setPosition(2);
        overlay.add(cell);
        input.setOverlay(overlay);
        final Path file = folder.resolve("lut.tif");
        final Path saved = folder.resolve("saved.tif");
        new FileSaver(shown(input, KEYS)).saveAsTiffStack(saved.toString());
        final ImagePlus expected = IJ.openImage(saved.toString());
        MacroRunner.run(input, denoise(KEYS + " output=" + file)).succeeded();
        final ImagePlus opened = IJ.openImage(file.toString());
        assertEquals(1100, opened.getDisplayRangeMin());
        assertEquals(2900, opened.getDisplayRangeMax());
        assertArrayEquals(
                expected.getProcessor().getLut().getBytes(),
                opened.getProcessor().getLut().getBytes());
        assertEquals("cell", opened.getOverlay().get(0).getName());
        assertEquals(2, opened.getOverlay().get(0).getPosition());
    }

    @Test
    void severalSamplesGiveASecondFile() throws IOException {
        final Path file = folder.resolve("mean.tif");
        final String keys =
                "width=1 noise=gaussian sigma=9 steps=3 mode=sample samples=2 model=smoother";
        final ImagePlus input = Images.hyperstack(8, 1, 2, 1);
        MacroRunner.run(input, "run('DeqIR Deblur...', '" + keys + " output=" + file + "');")
                .succeeded();
        assertEquals(List.of("mean-sd.tif", "mean.tif"), names());
        assertEquals(32, IJ.openImage(folder.resolve("mean-sd.tif").toString()).getBitDepth());
    }

    /** Makes its planes when they are asked for and remembers which of them are still held. */
    private static final class Endless extends VirtualStack {

        private static final int SIZE = 96;
        private final int count;
        private final List<WeakReference<ImageProcessor>> given = new ArrayList<>();
        private int most;

        Endless(int count) {
            super(SIZE, SIZE, null, null);
            this.count = count;
            setBitDepth(16);
        }

        @Override
        public int getSize() {
            return count;
        }

        @Override
        public int size() {
            return count;
        }

        @Override
        public String getSliceLabel(int n) {
            return "z" + n;
        }

        @Override
        public synchronized ImageProcessor getProcessor(int n) {
            System.gc();
            given.removeIf(plane -> plane.get() == null);
            final ShortProcessor plane = new ShortProcessor(SIZE, SIZE);
            for (int i = 0; i < SIZE * SIZE; i++) plane.set(i, 1000 + 10 * n + i * 7919 % 101);
            given.add(new WeakReference<>(plane));
            most = Math.max(most, given.size());
            return plane;
        }
    }

    @Test
    void aVirtualStackIsNeverInMemoryAsAWhole() {
        final Endless planes = new Endless(12);
        final ImagePlus input = new ImagePlus("endless", planes);
        final Path file = folder.resolve("endless.tif");
        MacroRunner.run(input, denoise("noise=gaussian sigma=30 model=smoother output=" + file))
                .succeeded();
        assertTrue(planes.most <= 5, planes.most + " planes of 12 were held at once");
        final ImagePlus opened = IJ.openVirtual(file.toString());
        assertEquals(12, opened.getStackSize());
        assertEquals(1170, opened.getStack().getProcessor(12).getStats().mean, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.tif", "out"})
    void aCancelledRunLeavesWhatWasThere(String name) throws IOException {
        final Path place = folder.resolve(name);
        final Path old = name.equals("out") ? place.resolve("cells-deblurred-0001.tif") : place;
        Files.createDirectories(old.getParent());
        Files.writeString(old, "an earlier result");
        final int start = SmootherService.calls();
        SmootherService.onCall(
                () -> {
                    if (SmootherService.calls() == start + 6) IJ.setKeyDown(KeyEvent.VK_ESCAPE);
                });
        final MacroRunner.Result run =
                MacroRunner.run(
                        Images.hyperstack(8, 1, 4, 1),
                        "run('DeqIR Deblur...', 'width=1 noise=gaussian sigma=9 steps=4"
                                + " model=smoother output="
                                + place
                                + "');");
        assertEquals(List.of("cells.tif"), run.titles());
        assertEquals("an earlier result", Files.readString(old));
        try (Stream<Path> paths = Files.walk(folder)) {
            assertEquals(1, paths.filter(Files::isRegularFile).count(), "nothing else is there");
        }
    }

    @Test
    void anExistingFileIsReplacedWhenTheNewOneIsComplete() throws IOException {
        final Path file = folder.resolve("again.tif");
        Files.writeString(file, "an earlier result");
        MacroRunner.run(Images.hyperstack(8, 1, 2, 1), denoise(KEYS + " output=" + file))
                .succeeded();
        assertEquals(2, IJ.openImage(file.toString()).getStackSize());
        assertEquals(List.of("again.tif"), names());
    }

    @ParameterizedTest
    @CsvSource({
        "result.tif, is not a full path",
        "{}/missing/result.tif, lies in a folder that does not exist",
        "{}/text.txt, is a file; give a folder",
        "{}/folder.tif, is a folder",
        "{}/cells.tif, is the file of the image itself"
    })
    void badPlacesAreRefusedBeforeTheRun(String output, String message) throws IOException {
        Files.writeString(folder.resolve("text.txt"), "text");
        Files.createDirectory(folder.resolve("folder.tif"));
        final ImagePlus input = Images.hyperstack(8, 1, 2, 1);
        final FileInfo origin = new FileInfo();
        origin.directory = folder.toString();
        origin.fileName = "cells.tif";
        input.setFileInfo(origin);
        final int calls = SmootherService.calls();
        final String given = output.replace("{}", folder.toString());
        final MacroRunner.Result run =
                MacroRunner.run(input, denoise(KEYS + " output=[" + given + "]"));
        assertTrue(run.error().contains("output = '" + given + "' " + message), run.error());
        assertEquals(calls, SmootherService.calls());
        assertEquals(List.of("cells.tif"), run.titles());
        assertFalse(Files.exists(folder.resolve("missing")));
    }
}
