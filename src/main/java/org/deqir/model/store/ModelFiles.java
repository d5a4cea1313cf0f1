/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.Safetensors;

/** Where the files of a model are. */
public interface ModelFiles {

    /** {@return what a message or a list calls the place} */
    String place();

    /** {@return whether the model has a file of this name, without folders} */
    boolean has(String name);

    /**
     * Opens a file of the model, named without folders; the caller closes it.
     *
     * @throws IOException if there is no such file or it cannot be read
     */
    InputStream open(String name) throws IOException;

    /** {@return bytes of all files together; what cannot be read does not count} */
    long bytes();

    /**
     * Opens the file with the weights, named without folders; the caller closes it.
     *
     * @throws IOException if there is no such file or it is no checkpoint
     */
    Checkpoint checkpoint(String name) throws IOException;

    /** A folder on disk. */
    record Folder(Path path) implements ModelFiles {

        @Override
        public String place() {
            return path.toString();
        }

        @Override
        public long bytes() {
            try (Stream<Path> all = Files.list(path)) {
                return all.mapToLong(file -> file.toFile().length()).sum();
            } catch (IOException e) {
                return 0;
            }
        }

        @Override
        public boolean has(String name) {
            return Files.isRegularFile(path.resolve(name));
        }

        @Override
        public InputStream open(String name) throws IOException {
            return Files.newInputStream(path.resolve(name));
        }

        @Override
        public Checkpoint checkpoint(String name) throws IOException {
            return Safetensors.open(path.resolve(name));
        }
    }

    /** A folder on the class path, inside a jar or not. */
    record Resource(URL url) implements ModelFiles {

        @Override
        public String place() {
            return url.toString();
        }

        /** Of those files that models have: a jar cannot be listed. */
        @Override
        public long bytes() {
            long sum = 0;
            for (String name : ModelWriter.FILES)
                try {
                    final URLConnection connection = new URL(url, name).openConnection();
                    sum += Math.max(0, connection.getContentLengthLong());
                } catch (IOException e) {
                    // That one is missing.
                }
            return sum;
        }

        @Override
        public boolean has(String name) {
            try (InputStream in = open(name)) {
                return in.available() >= 0;
            } catch (IOException e) {
                return false;
            }
        }

        @Override
        public InputStream open(String name) throws IOException {
            return new URL(url, name).openStream();
        }

        /** What is shipped in a jar is small enough to be read as a whole. */
        @Override
        public Checkpoint checkpoint(String name) throws IOException {
            try (InputStream in = open(name)) {
                return Safetensors.open(name, in.readAllBytes());
            }
        }
    }
}
