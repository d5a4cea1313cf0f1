/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes the update site; called by {@code mvn package -Pupdate-site}.
 *
 * <p>Arguments, each as {@code key=value}:
 *
 * <ul>
 *   <li>{@code project}: folder of the project, which holds {@code update-site/site.yaml} and,
 *       after the first release, {@code update-site/released.xml}
 *   <li>{@code coordinates}, {@code version}, {@code jar}: of this project
 *   <li>{@code artifacts}: folder with the other jars, laid out as a Maven repository
 *   <li>{@code time}: when the release is made, as in {@code 2026-07-01T12:00:00Z}, or {@code
 *       commit} for the time of the latest commit
 *   <li>{@code output}: folder to write, replaced if it exists. The new index goes beside it as
 *       text, to be kept as {@code update-site/released.xml} once it is on the server
 * </ul>
 */
public final class WriteUpdateSite {

    private WriteUpdateSite() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        System.out.print(write(arguments).summary());
    }

    static Release write(String... arguments) throws IOException, InterruptedException {
        final Map<String, String> values = new HashMap<>();
        for (String argument : arguments) {
            final String[] keyValue = argument.split("=", 2);
            if (keyValue.length != 2)
                throw new IllegalArgumentException("'" + argument + "' is not 'key=value'.");
            values.put(keyValue[0], keyValue[1]);
        }
        final Path project = Path.of(argument(values, "project"));
        final Path output = Path.of(argument(values, "output"));
        final MavenJars jars =
                new MavenJars(
                        Path.of(argument(values, "artifacts")),
                        argument(values, "coordinates"),
                        new MavenJars.Jar(
                                Path.of(argument(values, "jar")), argument(values, "version")));
        final long time = timestamp(argument(values, "time"), project);
        final Path metadata = project.resolve("update-site");
        final Path released = metadata.resolve("released.xml");
        final Release release =
                Release.of(
                        SiteDescription.read(metadata.resolve("site.yaml")),
                        project,
                        jars,
                        Files.exists(released) ? Index.read(released) : Index.EMPTY,
                        time);
        delete(output);
        Files.createDirectories(output);
        release.write(output);
        Files.writeString(
                output.resolveSibling(output.getFileName() + ".xml"), release.index().toXml());
        return release;
    }

    private static String argument(Map<String, String> values, String key) {
        final String value = values.get(key);
        if (value == null)
            throw new IllegalArgumentException("The argument " + key + "= is missing.");
        return value;
    }

    /**
     * Brings a time into the form of the index, in UTC.
     *
     * @param time with date, time of day and offset, or {@code commit}
     */
    static long timestamp(String time, Path project) throws IOException, InterruptedException {
        final String text = time.equals("commit") ? timeOfCommit(project) : time;
        try {
            return Long.parseLong(
                    OffsetDateTime.parse(text)
                            .withOffsetSameInstant(ZoneOffset.UTC)
                            .format(DateTimeFormatter.ofPattern("yyyyMMddHHmmss")));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "The time '" + text + "' is not of the form 2026-07-01T12:00:00Z.", e);
        }
    }

    private static String timeOfCommit(Path project) throws IOException, InterruptedException {
        final Process git =
                new ProcessBuilder("git", "log", "-1", "--format=%cI")
                        .directory(project.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        final String output = new String(git.getInputStream().readAllBytes()).strip();
        if (git.waitFor() != 0 || output.isEmpty())
            throw new IOException(
                    "Git knows no commit of "
                            + project
                            + "; give the time of the release instead.");
        return output;
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        final List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) Files.delete(path);
    }
}
