/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Jars by their Maven coordinates.
 *
 * @param folder laid out as a Maven repository, with one version of each artifact
 * @param projectCoordinates group:artifact of this project
 * @param projectJar the jar that was just built
 */
record MavenJars(Path folder, String projectCoordinates, Jar projectJar) {

    /** A jar and its version. */
    record Jar(Path file, String version) {}

    /**
     * Finds a jar.
     *
     * @param coordinates group:artifact or group:artifact:classifier
     * @throws IOException if there is not exactly one
     */
    Jar find(String coordinates) throws IOException {
        if (coordinates.equals(projectCoordinates)) return projectJar;
        final String[] parts = coordinates.split(":");
        if (parts.length < 2 || parts.length > 3)
            throw new IOException(
                    "'"
                            + coordinates
                            + "' is not of the form group:artifact or group:artifact:classifier.");
        final Path artifact = folder.resolve(parts[0].replace('.', '/')).resolve(parts[1]);
        final List<Jar> jars;
        try (Stream<Path> versions = Files.exists(artifact) ? Files.list(artifact) : Stream.of()) {
            jars =
                    versions.map(version -> jar(version, parts))
                            .filter(jar -> Files.exists(jar.file()))
                            .toList();
        }
        if (jars.size() == 1) return jars.get(0);
        throw new IOException(
                "There must be one version of " + coordinates + " in " + folder + ", not " + jars);
    }

    private static Jar jar(Path folder, String[] parts) {
        final String version = folder.getFileName().toString();
        final String classifier = parts.length == 3 ? "-" + parts[2] : "";
        return new Jar(folder.resolve(parts[1] + "-" + version + classifier + ".jar"), version);
    }
}
