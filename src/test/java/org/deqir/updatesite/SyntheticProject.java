/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** A small project with an update site, and the server that offers it. */
final class SyntheticProject implements AutoCloseable {

    private final Path project;
    private final Path artifacts;
    private final Path published;
    private final Path jar;
    private final FileServer server;

    SyntheticProject(Path temp) throws IOException {
        project = Files.createDirectories(temp.resolve("project"));
        artifacts = temp.resolve("artifacts");
        published = Files.createDirectories(temp.resolve("published"));
        jar = temp.resolve("plugin.jar");
        server = new FileServer(published);
    }

    @Override
    public void close() {
        server.close();
    }

    /** Where the site is offered. */
    FileServer server() {
        return server;
    }

    /** A file of the project. */
    Path file(String path) throws IOException {
        final Path file = project.resolve(path);
        Files.createDirectories(file.getParent());
        return file;
    }

    /** Path of a file on the server. */
    Path published(String path) {
        return published.resolve(path);
    }

    void describe(String yaml) throws IOException {
        Files.writeString(file("update-site/site.yaml"), yaml);
    }

    /** The project's own jar. */
    void plugin(String... contents) throws IOException {
        Jars.write(jar, contents);
    }

    /** A jar of another project, in place of its other versions. */
    void artifact(String group, String name, String version, String classifier, String... contents)
            throws IOException {
        final Path folder = artifacts.resolve(group.replace('.', '/')).resolve(name);
        final String end = (classifier.isEmpty() ? "" : "-" + classifier) + ".jar";
        if (Files.exists(folder))
            try (Stream<Path> walk = Files.walk(folder)) {
                for (Path old : walk.filter(file -> isVariant(file, name, end)).toList())
                    Files.delete(old);
            }
        Jars.write(folder.resolve(version).resolve(name + "-" + version + end), contents);
    }

    private static boolean isVariant(Path file, String name, String end) {
        return file.getFileName().toString().matches(name + "-[0-9.]+\\Q" + end + "\\E");
    }

    /** Runs the tool of the build; its results are in the project's target folder. */
    Path write(String version, String time) throws IOException, InterruptedException {
        final Path output = project.resolve("target").resolve("update-site");
        WriteUpdateSite.write(
                "project=" + project,
                "coordinates=org.example:plugin",
                "version=" + version,
                "jar=" + jar,
                "artifacts=" + artifacts,
                "time=" + time,
                "output=" + output);
        return output;
    }

    /** Writes a release, puts it on the server and notes that it is there. */
    void release(String version, String time) throws IOException, InterruptedException {
        final Path output = write(version, time);
        try (Stream<Path> walk = Files.walk(output)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                final Path target = published.resolve(output.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.copy(
                output.resolveSibling("update-site.xml"),
                file("update-site/released.xml"),
                StandardCopyOption.REPLACE_EXISTING);
    }
}
