/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.natives;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.deqir.progress.Progress;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnpackedFilesTest {

    private static final int LARGE = 5_000_000;

    @TempDir private Path temp;
    private final Map<String, byte[]> contents = new LinkedHashMap<>();
    private Path jar;
    private Path folder;

    @BeforeEach
    void makeJar() throws IOException {
        contents.put("libsmall.so", bytes(1, 1000));
        contents.put("liblarge.so.1", bytes(2, LARGE));
        jar = temp.resolve("libraries with a space.jar");
        write(jar, contents);
        folder = temp.resolve("cache").resolve("libraries");
    }

    private static byte[] bytes(int seed, int size) {
        final byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void write(Path jar, Map<String, byte[]> contents) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (Map.Entry<String, byte[]> content : contents.entrySet()) {
                out.putNextEntry(new ZipEntry("native/" + content.getKey()));
                out.write(content.getValue());
            }
        }
    }

    private UnpackedFiles files() throws IOException {
        final Map<String, URL> sources = new LinkedHashMap<>();
        for (String name : contents.keySet())
            sources.put(name, URI.create("jar:" + jar.toUri() + "!/native/" + name).toURL());
        return new UnpackedFiles("the libraries", sources);
    }

    private void assertComplete() throws IOException {
        for (Map.Entry<String, byte[]> content : contents.entrySet())
            assertArrayEquals(
                    content.getValue(), Files.readAllBytes(folder.resolve(content.getKey())));
        assertTrue(files().areIn(folder));
    }

    private List<String> beside(Path path) throws IOException {
        try (Stream<Path> list = Files.list(path.getParent())) {
            return list.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void unpacksOnceAndReportsHowFar() throws IOException {
        final Recorder progress = new Recorder();
        assertFalse(files().areIn(folder));
        files().putInto(folder, progress);
        assertComplete();
        assertEquals(List.of("libraries", "libraries.lock"), beside(folder));
        assertEquals(1, progress.fractions.get(progress.fractions.size() - 1), 1e-9);
        for (int i = 1; i < progress.fractions.size(); i++)
            assertTrue(progress.fractions.get(i) >= progress.fractions.get(i - 1));

        final FileTime before = Files.getLastModifiedTime(folder.resolve("liblarge.so.1"));
        final Recorder again = new Recorder();
        files().putInto(folder, again);
        assertEquals(before, Files.getLastModifiedTime(folder.resolve("liblarge.so.1")));
        assertEquals(List.of(), again.fractions);
    }

    @Test
    void othersMayReadWhatOneUserUnpacked() throws IOException {
        files().putInto(folder, Progress.NONE);
        final Path ordinary = Files.createDirectory(folder.resolveSibling("ordinary"));
        if (Files.getFileStore(folder).supportsFileAttributeView("posix"))
            assertEquals(
                    Files.getPosixFilePermissions(ordinary), Files.getPosixFilePermissions(folder));
    }

    /** What can happen to the unpacked files. */
    private enum Damage {
        SHORTENED {
            @Override
            void to(Path folder) throws IOException {
                try (FileChannel channel =
                        FileChannel.open(
                                folder.resolve("liblarge.so.1"), StandardOpenOption.WRITE)) {
                    channel.truncate(LARGE / 2);
                }
            }
        },
        MISSING {
            @Override
            void to(Path folder) throws IOException {
                Files.delete(folder.resolve("libsmall.so"));
            }
        },
        OVERWRITTEN {
            @Override
            void to(Path folder) throws IOException {
                final Path file = folder.resolve("liblarge.so.1");
                final byte[] bytes = Files.readAllBytes(file);
                bytes[LARGE / 3] ^= 1;
                Files.write(file, bytes);
                Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
            }
        },
        UNVERIFIED_AND_OVERWRITTEN {
            @Override
            void to(Path folder) throws IOException {
                OVERWRITTEN.to(folder);
                Files.delete(folder.resolve("verified.txt"));
            }
        };

        abstract void to(Path folder) throws IOException;
    }

    @ParameterizedTest
    @EnumSource(Damage.class)
    void repairsDamage(Damage damage) throws IOException {
        files().putInto(folder, Progress.NONE);
        damage.to(folder);
        assertFalse(files().areIn(folder));
        files().putInto(folder, Progress.NONE);
        assertComplete();
        assertEquals(List.of("libraries", "libraries.lock"), beside(folder));
    }

    @Test
    void aCopiedInstallationIsVerifiedNotUnpackedAgain() throws IOException {
        files().putInto(folder, Progress.NONE);
        final Path file = folder.resolve("liblarge.so.1");
        final FileTime time = FileTime.fromMillis(1_000_000_000_000L);
        Files.setLastModifiedTime(file, time);
        final String before = Files.readString(folder.resolve("verified.txt"));
        files().putInto(folder, Progress.NONE);
        assertEquals(time, Files.getLastModifiedTime(file));
        assertTrue(
                Files.readString(folder.resolve("verified.txt")).contains(" 1000000000000 "),
                "the new time is remembered, so that the next start does not read the file: "
                        + before);
    }

    @Test
    void aJarWithOtherContentReplacesWhatWasUnpacked() throws IOException {
        files().putInto(folder, Progress.NONE);
        contents.put("libsmall.so", bytes(3, 1000));
        write(jar, contents);
        files().putInto(folder, Progress.NONE);
        assertComplete();
    }

    @Test
    void aKilledProcessLeavesNothingBehind() throws IOException {
        final Path leftover =
                Files.createDirectories(folder.resolveSibling("leftover-of-another-process"));
        Files.write(leftover.resolve("liblarge.so.1"), new byte[10]);
        files().putInto(folder, Progress.NONE);
        assertEquals(List.of("libraries", "libraries.lock"), beside(folder));
    }

    @Test
    void cancellingLeavesNothingBehind() throws IOException {
        final UnpackedFiles files = files();
        final Progress canceled =
                new Recorder() {
                    @Override
                    public boolean isCanceled() {
                        return !fractions.isEmpty() && fractions.get(fractions.size() - 1) > 0.5;
                    }
                };
        assertThrows(CancellationException.class, () -> files.putInto(folder, canceled));
        assertEquals(List.of("libraries.lock"), beside(folder));
        files.putInto(folder, Progress.NONE);
        assertComplete();
    }

    @Test
    void aDamagedJarIsNamed() throws IOException {
        final UnpackedFiles files = files();
        final byte[] bytes = Files.readAllBytes(jar);
        bytes[bytes.length / 2] ^= 0x55;
        Files.write(jar, bytes);
        final IOException e =
                assertThrows(IOException.class, () -> files.putInto(folder, Progress.NONE));
        assertTrue(e.getMessage().contains("Cannot unpack the libraries (5 MB)"), e.getMessage());
        assertEquals(List.of("libraries.lock"), beside(folder));
    }

    @Test
    void aFolderThatCannotBeWrittenIsToldApart() throws IOException {
        Files.createFile(temp.resolve("cache"));
        final UnpackedFiles files = files();
        assertThrows(NotWritableException.class, () -> files.putInto(folder, Progress.NONE));
    }

    @Test
    void threadsWaitForTheOneThatUnpacks() throws Exception {
        final int count = 6;
        final AtomicInteger unpacking = new AtomicInteger();
        final CountDownLatch start = new CountDownLatch(1);
        final ExecutorService threads = Executors.newFixedThreadPool(count);
        final List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final UnpackedFiles files = files();
            final Recorder progress = new Recorder();
            results.add(
                    threads.submit(
                            () -> {
                                start.await();
                                files.putInto(folder, progress);
                                if (progress.fractions.contains(1.0)) unpacking.incrementAndGet();
                                assertTrue(files.areIn(folder));
                                return null;
                            }));
        }
        start.countDown();
        for (Future<?> result : results) result.get(60, TimeUnit.SECONDS);
        threads.shutdown();
        assertEquals(1, unpacking.get());
        assertComplete();
    }

    /** Child processes of {@link #processesWaitForTheOneThatUnpacks}. */
    static final class Child {
        public static void main(String[] arguments) throws IOException {
            final UnpackedFilesTest test = new UnpackedFilesTest();
            test.jar = Path.of(arguments[0]);
            test.contents.put("libsmall.so", null);
            test.contents.put("liblarge.so.1", null);
            final Recorder progress = new Recorder();
            test.files().putInto(Path.of(arguments[1]), progress);
            System.out.print(progress.fractions.contains(1.0) ? "unpacked" : "waited");
        }
    }

    @Test
    void processesWaitForTheOneThatUnpacks() throws Exception {
        final List<Process> processes = new ArrayList<>();
        Files.createDirectories(folder.getParent());
        // All of them meet a lock that is taken, so that none can be too late for the contest.
        try (FileChannel channel =
                        FileChannel.open(
                                folder.resolveSibling("libraries.lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            for (int i = 0; i < 3; i++)
                processes.add(
                        JavaProcess.of(
                                        List.of("-Xmx64m"),
                                        Child.class,
                                        jar.toString(),
                                        folder.toString())
                                .redirectError(ProcessBuilder.Redirect.INHERIT)
                                .start());
            assertFalse(processes.get(2).waitFor(1, TimeUnit.SECONDS));
            assertFalse(Files.exists(folder));
            assertTrue(lock.isValid());
        }
        final List<String> outcomes = new ArrayList<>();
        for (Process process : processes) {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            outcomes.add(new String(process.getInputStream().readAllBytes()));
        }
        Collections.sort(outcomes);
        assertEquals(List.of("unpacked", "waited", "waited"), outcomes);
        assertComplete();
        assertEquals(List.of("libraries", "libraries.lock"), beside(folder));
    }

    /** Remembers the fractions it was told while something was unpacked. */
    private static class Recorder implements Progress {
        final List<Double> fractions = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void update(String stage, double fraction) {
            if (stage.startsWith("Unpacking")) fractions.add(fraction);
        }

        @Override
        public boolean isCanceled() {
            return false;
        }
    }
}
