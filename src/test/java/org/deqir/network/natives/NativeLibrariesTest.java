/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.natives;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.LibUtils;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.deqir.progress.Progress;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class NativeLibrariesTest {

    private static final String OS = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    private static final String HERE =
            (OS.startsWith("win") ? "win" : OS.startsWith("mac") ? "osx" : "linux")
                    + "-"
                    + System.getProperty("os.arch").replace("amd64", "x86_64");
    private static final String BINDING = System.mapLibraryName("djl_torch");

    @TempDir private Path temp;
    private Path first;
    private Path second;

    @BeforeEach
    void chooseFolders() {
        assumeTrue(
                NativeLibraries.unavailable(
                                System.getProperty("os.name"), System.getProperty("os.arch"))
                        == null);
        first = temp.resolve("Fiji").resolve("cache");
        second = temp.resolve("home").resolve("cache");
    }

    private URL jar(String name, String... contents) throws IOException {
        final Path jar = temp.resolve(name);
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (int i = 0; i < contents.length; i += 2) {
                out.putNextEntry(new ZipEntry(contents[i]));
                out.write(contents[i + 1].getBytes());
            }
        }
        return jar.toUri().toURL();
    }

    private URL engine() throws IOException {
        return jar(
                "engine.jar",
                "pytorch-engine.properties",
                "djl_version=0.1.2\npytorch_version=9.8.7\n");
    }

    private URL natives(String classifier) throws IOException {
        return jar(
                "natives-" + classifier + ".jar",
                "native/lib/pytorch.properties",
                "version=9.8.7-20260101\nflavor=cpu\nclassifier="
                        + classifier
                        + "\nlibraries=libc10.test,libtorch.test\n",
                "pytorch/cpu/" + classifier + "/libc10.test",
                "c10 of " + classifier,
                "pytorch/cpu/" + classifier + "/libtorch.test",
                "torch of " + classifier);
    }

    private URL binding(String classifier) throws IOException {
        return jar(
                "binding-" + classifier + ".jar",
                "jnilib/" + classifier + "/cpu/" + BINDING,
                "binding of " + classifier);
    }

    private Path unpack(URL... jars) throws IOException {
        try (URLClassLoader loader =
                new URLClassLoader(jars, ClassLoader.getPlatformClassLoader())) {
            return NativeLibraries.unpack(loader, List.of(first, second), Progress.NONE);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void takesThisPlatformsLibrariesAmongSeveral() throws IOException {
        final Path folder = unpack(engine(), natives("plan9-mips"), natives(HERE), binding(HERE));
        assertEquals(first.resolve("pytorch").resolve("9.8.7-20260101-cpu-" + HERE), folder);
        assertEquals(
                List.of("0.1.2-" + BINDING, "libc10.test", "libtorch.test", "verified.txt"),
                names(folder));
        assertEquals("torch of " + HERE, Files.readString(folder.resolve("libtorch.test")));
        assertEquals("binding of " + HERE, Files.readString(folder.resolve("0.1.2-" + BINDING)));
    }

    @Test
    void usesTheHomeFolderWhereTheApplicationCannotBeWritten() throws IOException {
        Files.createDirectories(first.getParent());
        Files.createFile(first);
        final Path folder = unpack(engine(), natives(HERE), binding(HERE));
        assertTrue(folder.startsWith(second));
        assertEquals(folder, unpack(engine(), natives(HERE), binding(HERE)));
    }

    @Test
    void namesEveryFolderThatCannotBeWritten() throws IOException {
        for (Path cache : List.of(first, second)) {
            Files.createDirectories(cache.getParent());
            Files.createFile(cache);
        }
        final IOException e =
                assertThrows(
                        IOException.class, () -> unpack(engine(), natives(HERE), binding(HERE)));
        assertTrue(e.getMessage().contains(first.toString()), e.getMessage());
        assertTrue(e.getSuppressed()[0].getMessage().contains(second.toString()));
    }

    @Test
    void saysWhichLibrariesAreNotInstalled() throws IOException {
        final IllegalStateException e =
                assertThrows(
                        IllegalStateException.class,
                        () -> unpack(engine(), natives("plan9-mips"), binding(HERE)));
        assertTrue(e.getMessage().contains("libraries for " + HERE + " are"), e.getMessage());
        final IllegalStateException incomplete =
                assertThrows(IllegalStateException.class, () -> unpack(engine(), natives(HERE)));
        assertTrue(incomplete.getMessage().contains(BINDING), incomplete.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "Linux,amd64",
        "Linux,aarch64",
        "Windows 11,amd64",
        "Mac OS X,aarch64",
    })
    void knowsWhereThereIsPyTorch(String os, String arch) {
        assertNull(NativeLibraries.unavailable(os, arch));
    }

    @ParameterizedTest
    @CsvSource({
        "Mac OS X,x86_64,Mac with Intel processor",
        "Windows 11,aarch64,'Windows 11, aarch64'",
        "Linux,riscv64,'Linux, riscv64'",
        "FreeBSD,amd64,'FreeBSD, amd64'",
    })
    void namesAPlatformWithoutPyTorch(String os, String arch, String name) {
        final String message = NativeLibraries.unavailable(os, arch);
        assertNotNull(message);
        assertTrue(message.contains(name), message);
    }

    /** Starts PyTorch in a process of its own, since a process can load it only once. */
    static final class Start {
        public static void main(String[] arguments) throws IOException {
            final Path folder = NativeLibraries.unpack(Path.of(arguments[0]), Progress.NONE);
            try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager()) {
                final float sum = manager.create(new float[] {1, 2}).sum().getFloat();
                System.out.println(
                        sum + " " + LibUtils.getLibtorchPath().equals(folder.toString()));
            }
        }
    }

    @Test
    void pyTorchStartsFromTheApplicationsFolder() throws Exception {
        assumeTrue(
                getClass().getClassLoader().getResource("native/lib/pytorch.properties") != null,
                "PyTorch's libraries are not on the class path");
        final Path fiji = Files.createDirectories(temp.resolve("Fiji with a space"));
        final Path home = Files.createDirectories(temp.resolve("home"));
        assertEquals("3.0 true", start(fiji, home, Map.of()));
        assertFalse(Files.exists(home.resolve(".djl.ai")), "DJL unpacked on its own");
        assertFalse(Files.exists(home.resolve(".deqir")));
        assertEquals(List.of("cache"), names(fiji));
    }

    @Test
    void pyTorchStartsFromAFolderOfTheUser() throws Exception {
        assumeTrue(
                getClass().getClassLoader().getResource("native/lib/pytorch.properties") != null,
                "PyTorch's libraries are not on the class path");
        final Path own =
                NativeLibraries.unpack(getClass().getClassLoader(), List.of(first), Progress.NONE);
        assertEquals(
                "3.0 true",
                start(
                        Files.createDirectories(temp.resolve("Fiji")),
                        Files.createDirectories(temp.resolve("home")),
                        Map.of("PYTORCH_LIBRARY_PATH", own.toString())));
    }

    @Test
    void theBindingFitsTheUsersLibraries() throws IOException {
        final Path folder = Files.createDirectories(temp.resolve("lib"));
        final Path library = Files.createFile(folder.resolve(System.mapLibraryName("torch")));
        assertEquals("cpu", NativeLibraries.flavor(folder));
        Files.createFile(folder.resolve(System.mapLibraryName("torch_cuda")));
        assertEquals("cu128", NativeLibraries.flavor(folder));
        assertEquals("cu128", NativeLibraries.flavor(library));
    }

    /** What the program prints, in an environment that names no folder but these. */
    private static String start(Path fiji, Path home, Map<String, String> environment)
            throws Exception {
        final ProcessBuilder builder =
                JavaProcess.of(
                                List.of(
                                        "-Duser.home=" + home,
                                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                                Start.class,
                                fiji.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .keySet()
                .removeAll(
                        List.of(
                                "ENGINE_CACHE_DIR",
                                "DJL_CACHE_DIR",
                                "PYTORCH_LIBRARY_PATH",
                                "PYTORCH_FLAVOR"));
        builder.environment().putAll(environment);
        final Process process = builder.start();
        final String output = new String(process.getInputStream().readAllBytes()).strip();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        return output;
    }
}
