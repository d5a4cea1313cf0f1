/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.deqir.progress.Progress;

/** Makes small jars. */
final class Jars {

    private Jars() {}

    /**
     * Writes a jar.
     *
     * @param contents names and texts of the entries by turns; a name that ends with .class is
     *     followed by any text, the content is that of the class
     */
    static Path write(Path jar, String... contents) throws IOException {
        Files.createDirectories(jar.getParent());
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (int i = 0; i < contents.length; i += 2) {
                out.putNextEntry(new ZipEntry(contents[i]));
                out.write(
                        contents[i].endsWith(".class")
                                ? compiled(contents[i])
                                : contents[i + 1].getBytes(StandardCharsets.UTF_8));
            }
        }
        return jar;
    }

    private static byte[] compiled(String name) throws IOException {
        try (InputStream in = Jars.class.getClassLoader().getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** A class that needs one of another jar. */
    abstract static class Needing implements Progress {}

    /** Name of the jar entry of a class. */
    static String entry(Class<?> type) {
        return type.getName().replace('.', '/') + ".class";
    }
}
