/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.metrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Evaluations of many images in a folder, which a later run goes on with.
 *
 * <p>{@code evaluation.csv} has a line for each plane, {@code evaluation.txt} says how it was made,
 * {@code summary.csv} has mean and standard deviation. An image of which a run that was stopped has
 * not written all planes counts as not done.
 */
public final class EvaluationFolder implements AutoCloseable {

    private static final String ROWS = "evaluation.csv";
    private static final String SETTINGS = "evaluation.txt";
    private static final String SUMMARY = "summary.csv";
    private static final String LOCK = "evaluation.lock";

    private final Path folder;
    private final FileChannel channel;
    private final List<Evaluation> rows = new ArrayList<>();

    /**
     * Opens a folder, and makes it if it does not exist.
     *
     * @param folder where the evaluation is kept
     * @param settings how the evaluation is made; a later run must have the same
     * @throws IllegalArgumentException if the folder holds an evaluation with other settings, or
     *     another run writes to it
     * @throws UncheckedIOException if it cannot be read or written
     */
    public EvaluationFolder(Path folder, String settings) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            channel = locked(folder);
            try {
                requireSame(settings);
                read();
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileChannel locked(Path folder) throws IOException {
        final FileChannel channel =
                FileChannel.open(
                        folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // of this process; told below
        }
        if (lock != null) return channel;
        channel.close();
        throw new IllegalArgumentException(
                "output = '" + folder + "': another run writes to this folder.");
    }

    private void requireSame(String settings) throws IOException {
        final Path file = folder.resolve(SETTINGS);
        if (!Files.exists(file)) {
            Files.writeString(file, settings + "\n");
            return;
        }
        final String before = Files.readString(file).strip();
        if (!before.equals(settings.strip()))
            throw new IllegalArgumentException(
                    "output = '"
                            + folder
                            + "' holds an evaluation of another kind: "
                            + before
                            + ". Give another folder, or delete that one.");
    }

    /** Takes the images of which all planes are there, and forgets others. */
    private void read() throws IOException {
        final Path file = folder.resolve(ROWS);
        if (Files.exists(file)) {
            final String text = Files.readString(file);
            final int end = text.lastIndexOf('\n') + 1; // what follows was not written to its end
            final Map<String, List<Evaluation>> byImage =
                    text.substring(0, end)
                            .lines()
                            .skip(1)
                            .map(Evaluation::of)
                            .collect(Collectors.groupingBy(Evaluation::image));
            for (final List<Evaluation> image : byImage.values())
                if (image.size() == image.get(0).slices()) rows.addAll(image);
        }
        final Path renewed = folder.resolve(ROWS + ".part");
        Files.writeString(renewed, Evaluation.HEADER + "\n" + lines(rows));
        Files.move(renewed, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String lines(List<Evaluation> rows) {
        return rows.stream().map(row -> row.line() + "\n").collect(Collectors.joining());
    }

    /** {@return what is known of an image; empty if it must be done} */
    public List<Evaluation> of(String image) {
        return rows.stream().filter(row -> row.image().equals(image)).toList();
    }

    /**
     * Adds all planes of an image.
     *
     * @throws UncheckedIOException if they cannot be written
     */
    public void add(List<Evaluation> image) {
        try {
            Files.write(
                    folder.resolve(ROWS),
                    lines(image).getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        rows.addAll(image);
    }

    /**
     * Writes mean and standard deviation of each figure.
     *
     * @param all the planes that count
     * @throws UncheckedIOException if they cannot be written
     */
    public void summarize(List<Evaluation> all) {
        final StringBuilder text = new StringBuilder("Figure,Mean,SD,Planes\n");
        for (final String figure : Evaluation.FIGURES)
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%s,%.6g,%.6g,%d%n",
                            figure,
                            Evaluation.mean(all, figure),
                            Evaluation.deviation(all, figure),
                            all.size()));
        try {
            Files.writeString(folder.resolve(SUMMARY), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
