/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.natives;

import ai.djl.util.Platform;
import ai.djl.util.Utils;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.deqir.progress.Progress;

/**
 * PyTorch's native libraries, unpacked once from the jars that Fiji's updater installs.
 *
 * <p>An operating system loads libraries from files, not from jars, and the 450 MB of PyTorch take
 * seconds to unpack. They go into {@code cache/deqir} of the application's folder, so that an
 * installation stays in one place and is removed as a whole; only where that folder cannot be
 * written do they go into {@code .deqir/cache} of the user's home. Nothing is ever downloaded.
 */
public final class NativeLibraries {

    private static final String ENGINE = "pytorch";

    /**
     * Which of its bindings DJL takes; without it, one that is not there for libraries of others.
     */
    private static final String FLAVOR = "PYTORCH_FLAVOR";

    /** The only kind of CUDA libraries that there is a binding for. */
    private static final String CUDA_FLAVOR = "cu128";

    /** Where DJL looks for the unpacked libraries of its engines. */
    private static final String CACHE = "ENGINE_CACHE_DIR";

    private static final Set<String> AVAILABLE =
            Set.of("linux-x86_64", "linux-aarch64", "win-x86_64", "osx-aarch64");

    private NativeLibraries() {}

    /**
     * Makes PyTorch's libraries ready for loading and tells DJL where they are; to be called before
     * DJL starts its engine.
     *
     * <p>A user who chose another place wins: DJL's own {@code ENGINE_CACHE_DIR} and {@code
     * DJL_CACHE_DIR} (environment or system property) name the folder to unpack into, and {@code
     * PYTORCH_LIBRARY_PATH} names libraries to be used instead of ours, such as those for CUDA. The
     * first call of a process decides, because the place is handed to DJL as system property {@code
     * ENGINE_CACHE_DIR}.
     *
     * @param application folder of the application, such as Fiji's
     * @param progress told how much is unpacked, 0 to 1; not called if all is there
     * @return the folder that holds the libraries
     * @throws IllegalStateException if there is no PyTorch for this computer, or the jar with it is
     *     not installed
     * @throws CancellationException if the user asked to stop; nothing is left behind
     * @throws IOException if no folder can be written, the disk is full or a jar is damaged
     */
    public static Path unpack(Path application, Progress progress) throws IOException {
        final Path replacement = replacementChosenByUser();
        if (replacement != null) {
            if (!isSet(FLAVOR)) System.setProperty(FLAVOR, flavor(replacement));
            return replacement;
        }
        final ClassLoader loader = NativeLibraries.class.getClassLoader();
        if (isSet(CACHE) || isSet("DJL_CACHE_DIR"))
            return unpack(loader, List.of(Utils.getEngineCacheDir()), progress);
        final Path home = Path.of(System.getProperty("user.home"));
        final List<Path> caches =
                List.of(
                        application.resolve("cache").resolve("deqir"),
                        home.resolve(".deqir").resolve("cache"));
        final Path folder = unpack(loader, caches, progress);
        System.setProperty(CACHE, folder.getParent().getParent().toString());
        return folder;
    }

    /**
     * Unpacks into the first cache that can be written, unless one has the libraries already.
     *
     * @param loader knows the jars
     * @param caches engine cache folders in DJL's sense, best first
     * @return the folder inside one of the caches in which DJL will look
     */
    static Path unpack(ClassLoader loader, List<Path> caches, Progress progress)
            throws IOException {
        final String problem =
                unavailable(System.getProperty("os.name"), System.getProperty("os.arch"));
        if (problem != null) throw new IllegalStateException(problem);
        final Platform platform = detect(loader);
        final UnpackedFiles libraries = new UnpackedFiles("PyTorch", libraries(loader, platform));
        final String name =
                String.join(
                        "-", platform.getVersion(), platform.getFlavor(), platform.getClassifier());
        final List<Path> folders =
                caches.stream()
                        .map(cache -> cache.toAbsolutePath().resolve(ENGINE).resolve(name))
                        .toList();
        for (Path folder : folders) if (libraries.areIn(folder)) return folder;
        IOException failure = null;
        for (Path folder : folders)
            try {
                libraries.putInto(folder, progress);
                return folder;
            } catch (NotWritableException e) {
                if (failure == null) failure = e;
                else failure.addSuppressed(e);
            }
        throw failure;
    }

    /** Where each file to be unpacked is, by the name that DJL expects. */
    private static Map<String, URL> libraries(ClassLoader loader, Platform platform) {
        final String classifier = platform.getClassifier();
        if (platform.isPlaceholder())
            throw new IllegalStateException(
                    "The PyTorch libraries for "
                            + classifier
                            + " are not installed: no jar holds them. In Fiji, Help > Update..."
                            + " with the update site DeqIR installs them.");
        final Map<String, URL> libraries = new LinkedHashMap<>();
        for (String name : platform.getLibraries())
            libraries.put(name, resource(loader, ENGINE, platform, name));
        final String binding = System.mapLibraryName("djl_torch");
        libraries.put(
                platform.getApiVersion() + "-" + binding,
                resource(loader, "jnilib", platform, binding));
        return libraries;
    }

    private static URL resource(
            ClassLoader loader, String folder, Platform platform, String library) {
        // pytorch/cpu/linux-x86_64/libtorch.so, but jnilib/linux-x86_64/cpu/libdjl_torch.so
        final String name =
                folder.equals(ENGINE)
                        ? String.join(
                                "/",
                                folder,
                                platform.getFlavor(),
                                platform.getClassifier(),
                                library)
                        : String.join(
                                "/",
                                folder,
                                platform.getClassifier(),
                                platform.getFlavor(),
                                library);
        final URL resource = loader.getResource(name);
        if (resource == null)
            throw new IllegalStateException(
                    "The PyTorch libraries are not installed completely: no jar holds "
                            + name
                            + ". In Fiji, Help > Update... with the update site DeqIR repairs"
                            + " that.");
        return resource;
    }

    /** DJL's choice among the jars, so that what we unpack is what DJL will look for. */
    private static Platform detect(ClassLoader loader) {
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return Platform.detectPlatform(ENGINE);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /**
     * Says why PyTorch cannot run on a computer whose system properties are given, or null if it
     * can.
     */
    static String unavailable(String os, String arch) {
        final String system =
                os.startsWith("Linux")
                        ? "linux"
                        : os.startsWith("Win") ? "win" : os.startsWith("Mac") ? "osx" : os;
        final String processor = arch.equals("amd64") ? "x86_64" : arch;
        if (AVAILABLE.contains(system + "-" + processor)) return null;
        final boolean intelMac = system.equals("osx") && processor.equals("x86_64");
        return String.format(
                "DeqIR cannot run on this computer (%s%s, %s): there is no current PyTorch"
                        + " for it. There is one for Linux and Windows on 64-bit Intel or"
                        + " AMD processors, for Linux on 64-bit ARM, and for Macs with"
                        + " Apple silicon%s",
                intelMac ? "Mac with Intel processor: " : "",
                os,
                arch,
                intelMac ? " (where Fiji must not be started through Rosetta)." : ".");
    }

    /** The kind of binding that fits PyTorch's libraries in a folder, one of them or the folder. */
    static String flavor(Path libraries) {
        final Path folder = Files.isRegularFile(libraries) ? libraries.getParent() : libraries;
        return Files.exists(folder.resolve(System.mapLibraryName("torch_cuda")))
                ? CUDA_FLAVOR
                : "cpu";
    }

    private static boolean isSet(String name) {
        final String value = Utils.getEnvOrSystemProperty(name);
        return value != null && !value.isEmpty();
    }

    private static Path replacementChosenByUser() {
        if (!isSet("PYTORCH_LIBRARY_PATH")) return null;
        final String paths = Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH");
        for (String path : paths.split(File.pathSeparator))
            if (Files.exists(Path.of(path))) return Path.of(path).toAbsolutePath();
        return null;
    }
}
