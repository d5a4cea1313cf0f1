/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.WindowManager;
import java.awt.Rectangle;
import java.nio.file.Path;
import java.util.List;
import org.deqir.progress.Progress;
import org.deqir.training.TrainingImages;

/** The images that a prior is trained on: planes of an open image, or the files of a folder. */
public final class TrainingSource {

    /** Samples that are kept in memory, two bytes each. */
    private static final long MOST_SAMPLES = 1L << 27;

    private final ImagePlus image;
    private final SliceSelection selection;
    private final Rectangle box;
    private final Path folder;
    private final List<Path> files;

    /**
     * Finds the images.
     *
     * @param source title of an open image, a folder, or empty for the active image, which may be
     *     null
     * @throws IllegalArgumentException if there is nothing of that kind
     */
    public TrainingSource(String source, ImagePlus active, String slices) {
        final String title = source.trim();
        final ImagePlus open = title.isEmpty() ? active : WindowManager.getImage(title);
        folder = open == null && !title.isEmpty() ? folder(title) : null;
        files = folder == null ? List.of() : ImageFolder.files("source", folder);
        if (folder == null) {
            image = PlaneSource.of(open).image();
            selection = SliceSelection.parse(slices, image);
            box = Region.selected(image, 0).box();
        } else {
            image = null;
            selection = null;
            box = null;
        }
    }

    private static Path folder(String source) {
        if (ImageFolder.isOne(source)) return Path.of(source);
        throw new IllegalArgumentException(
                "source = '" + source + "' is neither the title of an open image nor a folder.");
    }

    /** {@return 3 if the (first) image is RGB, otherwise 1} */
    public int channels() {
        return PlaneSource.of(folder == null ? image : ImageFolder.open("source", files.get(0)))
                .channels();
    }

    /**
     * {@return all images, read one after the other and ready to be split}
     *
     * @param channels channels that each must have
     * @param shrink see {@link TrainingImages.Builder}
     * @throws IllegalArgumentException if an image cannot be used
     */
    public TrainingImages.Builder read(int channels, int shrink, Progress progress) {
        final int count = folder == null ? selection.size() : files.size();
        final TrainingImages.Builder images =
                new TrainingImages.Builder(
                        channels, shrink, Math.max(1, MOST_SAMPLES / channels / count));
        for (int i = 0; i < count; i++) {
            progress.checkCanceled();
            progress.update("Reading training images", (double) i / count);
            if (folder == null) add(images, image, selection.index(i), box);
            else {
                final ImagePlus file = ImageFolder.open("source", files.get(i));
                final Rectangle all = new Rectangle(file.getWidth(), file.getHeight());
                for (int n = 1; n <= file.getStackSize(); n++) add(images, file, n, all);
            }
        }
        return images;
    }

    private static void add(
            TrainingImages.Builder images, ImagePlus image, int index, Rectangle box) {
        final PlaneSource planes = PlaneSource.of(image);
        images.add(planes.nameOf(index), planes.read(index, box));
    }
}
