/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;

/**
 * The images that a prior is trained on, each mapped to [−1, 1] as restoration maps it, and the
 * part of them that is held out for validation.
 *
 * <p>Of {@value #IMAGES_TO_SPLIT_WHOLE} images or more, a tenth is held out as a whole; of fewer,
 * each one's last fifth along its longer side. Samples are kept as 16-bit numbers.
 */
public final class TrainingImages {

    private static final int IMAGES_TO_SPLIT_WHOLE = 8;
    private static final double HELD_OUT_IMAGES = 0.1;
    private static final double HELD_OUT_PART = 0.2;

    private final int channels;
    private final List<Area> training;
    private final List<Area> heldOut;
    private final int shrink;
    private final int count;
    private final int leftOut;
    private final long samples;
    private final String fingerprint;

    private TrainingImages(
            int channels,
            List<Area> training,
            List<Area> heldOut,
            int shrink,
            int count,
            int leftOut,
            long samples,
            String fingerprint) {
        this.channels = channels;
        this.training = List.copyOf(training);
        this.heldOut = List.copyOf(heldOut);
        this.shrink = shrink;
        this.count = count;
        this.leftOut = leftOut;
        this.samples = samples;
        this.fingerprint = fingerprint;
    }

    /** A part of an image from which patches are taken. */
    record Area(Picture picture, int left, int top, int width, int height) {

        double weight() {
            // Between one image, one vote and one pixel, one vote.
            return Math.sqrt((double) width * height);
        }
    }

    /** {@return channels of every image: 1 for grey, 3 for RGB} */
    public int channels() {
        return channels;
    }

    /** Blocks of so many pixels along each side became one. */
    int shrink() {
        return shrink;
    }

    /** {@return the number of pixels that are kept, held-out ones included} */
    public long pixels() {
        return samples / channels;
    }

    /** {@return what there is, for the description of the result} */
    public String describe() {
        return count
                + (count == 1 ? " image of " : " images of ")
                + pixels()
                + " pixels in all"
                + (channels == 3 ? " (RGB)" : "")
                + (shrink > 1 ? ", shrunk " + shrink + " times" : "")
                + (leftOut > 0 ? " (" + leftOut + " smaller than a patch left out)" : "");
    }

    /** A hash of all samples and of how they are split, by which a resumed training knows them. */
    String fingerprint() {
        return fingerprint;
    }

    List<Area> training() {
        return training;
    }

    List<Area> heldOut() {
        return heldOut;
    }

    /** Gathers images. */
    public static final class Builder {

        private final int channels;
        private final int shrink;
        private final long largest;
        private final List<Picture> pictures = new ArrayList<>();
        private int added;

        /**
         * Starts with no image.
         *
         * @param channels channels of every image, 1 or 3
         * @param shrink blocks of so many pixels along each side become one, from 1 on
         * @param largest most pixels to be kept of one image; of a larger one, its middle is kept
         */
        public Builder(int channels, int shrink, long largest) {
            if (shrink < 1)
                throw new IllegalArgumentException("shrink = " + shrink + " is below 1.");
            this.channels = channels;
            this.shrink = shrink;
            this.largest = largest;
        }

        /**
         * Adds an image at full size, which messages call by its name, and returns this.
         *
         * @throws IllegalArgumentException if its channels do not fit, it has NaN or infinite
         *     samples, or is smaller than a block
         */
        public Builder add(String name, Plane plane) {
            if (plane.channels().length != channels)
                throw new IllegalArgumentException(
                        String.format(
                                "The %s image %s does not fit a prior for %s images.",
                                plane.channels().length == 1 ? "grey" : "RGB",
                                name,
                                channels == 1 ? "grey" : "RGB"));
            if (plane.hasNonFinite())
                throw new IllegalArgumentException(
                        "There are NaN or infinite pixels in "
                                + name
                                + ": a prior cannot be trained on them.");
            added++;
            final Plane small = Picture.shrunk(plane, shrink);
            if (small != null)
                pictures.add(Picture.of(small, IntensityRange.of(small, null, 0), largest));
            return this;
        }

        /**
         * Splits the images.
         *
         * @param patch side of the patches that will be drawn
         * @param seed of the choice which parts are held out
         * @return what to train on and what to measure with
         * @throws IllegalArgumentException if there are too few pixels
         */
        public TrainingImages build(int patch, long seed) {
            final List<Picture> usable =
                    pictures.stream()
                            .filter(
                                    picture ->
                                            picture.width() >= patch && picture.height() >= patch)
                            .collect(Collectors.toCollection(ArrayList::new));
            final List<Area> training = new ArrayList<>();
            final List<Area> heldOut = new ArrayList<>();
            if (usable.size() >= IMAGES_TO_SPLIT_WHOLE) {
                final List<Picture> shuffled = new ArrayList<>(usable);
                Collections.shuffle(shuffled, StepRandom.at(seed, 'h'));
                final int held = (int) Math.ceil(HELD_OUT_IMAGES * shuffled.size());
                shuffled.subList(0, held).forEach(picture -> heldOut.add(whole(picture)));
                shuffled.subList(held, shuffled.size())
                        .forEach(picture -> training.add(whole(picture)));
            } else
                for (final Picture picture : usable) {
                    final boolean wide = picture.width() >= picture.height();
                    final int length = wide ? picture.width() : picture.height();
                    final int held = Math.max(patch, (int) (HELD_OUT_PART * length));
                    if (length - held < patch) continue;
                    training.add(part(picture, wide, 0, length - held));
                    heldOut.add(part(picture, wide, length - held, held));
                }
            if (training.isEmpty() || heldOut.isEmpty()) throw tooFew(patch);
            return new TrainingImages(
                    channels,
                    training,
                    heldOut,
                    shrink,
                    usable.size(),
                    added - usable.size(),
                    usable.stream().mapToLong(Picture::samples).sum(),
                    fingerprint(usable, patch, seed));
        }

        private IllegalArgumentException tooFew(int patch) {
            final String found =
                    pictures.stream()
                            .max(Comparator.comparingLong(Picture::samples))
                            .map(
                                    p ->
                                            String.format(
                                                    "%s image has %s × %s pixels",
                                                    pictures.size() == 1
                                                            ? "the only"
                                                            : "the largest",
                                                    p.width(),
                                                    p.height()))
                            .orElse("there is no image");
            return new IllegalArgumentException(
                    "There are too few pixels to train on: patch = "
                            + patch
                            + " needs an image of at least "
                            + 2 * patch
                            + " × "
                            + patch
                            + " pixels, or "
                            + IMAGES_TO_SPLIT_WHOLE
                            + " of "
                            + patch
                            + " × "
                            + patch
                            + ", but "
                            + found
                            + ".");
        }

        private static Area whole(Picture picture) {
            return new Area(picture, 0, 0, picture.width(), picture.height());
        }

        private static Area part(Picture picture, boolean wide, int from, int length) {
            return wide
                    ? new Area(picture, from, 0, length, picture.height())
                    : new Area(picture, 0, from, picture.width(), length);
        }

        private static String fingerprint(List<Picture> pictures, int patch, long seed) {
            try {
                final MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(ByteBuffer.allocate(12).putLong(seed).putInt(patch).array());
                pictures.forEach(picture -> picture.addTo(digest));
                return HexFormat.of().formatHex(digest.digest());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("This Java has no SHA-256.", e);
            }
        }
    }
}
