/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.deqir.progress.Progress;

/**
 * Files out of jars that must exist as files of their own, all of them in one folder.
 *
 * <p>The folder appears under its name only when it is complete. Processes and threads that want it
 * at the same time wait for the one that unpacks. What was damaged later is noticed and unpacked
 * again: size and modification time of each file are compared whenever the folder is asked for, and
 * the content with the checksum in the jar when these changed.
 */
final class UnpackedFiles {

    /** Tells what was verified; belongs to the folder. */
    private static final String MEMO = "verified.txt";

    private static final String LEFTOVER = "leftover-";
    private static final int BUFFER = 1 << 20;
    private static final int WAIT_MILLIS = 200;
    private static final int MOVE_ATTEMPTS = 25;

    private final String title;
    private final List<Entry> entries;
    private final long size;

    /** A file as its jar describes it. */
    private record Entry(String name, URL source, long size, long crc) {

        static Entry of(String name, URL source) throws IOException {
            if (!(source.openConnection() instanceof JarURLConnection connection))
                throw new IOException(name + " is expected in a jar, not at " + source);
            connection.setUseCaches(false);
            try (JarFile jar = connection.getJarFile()) {
                final JarEntry entry = jar.getJarEntry(connection.getEntryName());
                return new Entry(name, source, entry.getSize(), entry.getCrc());
            }
        }
    }

    /**
     * Reads what the jars say about the files.
     *
     * @param title what the files are, in words for the user
     * @param sources where each file comes from, by its future name
     * @throws IOException if a jar cannot be read
     */
    UnpackedFiles(String title, Map<String, URL> sources) throws IOException {
        this.title = title;
        entries = new ArrayList<>();
        for (Map.Entry<String, URL> source : sources.entrySet())
            entries.add(Entry.of(source.getKey(), source.getValue()));
        size = entries.stream().mapToLong(Entry::size).sum();
    }

    /** Whether the folder holds what the jars hold. */
    boolean areIn(Path folder) throws IOException {
        for (Entry entry : entries) {
            final Path file = folder.resolve(entry.name());
            if (!Files.isRegularFile(file) || Files.size(file) != entry.size()) return false;
        }
        final Path memo = folder.resolve(MEMO);
        final String current = memo(folder);
        if (Files.exists(memo) && Files.readString(memo).equals(current)) return true;
        for (Entry entry : entries)
            if (crc(folder.resolve(entry.name())) != entry.crc()) return false;
        remember(current, memo);
        return true;
    }

    /**
     * Unpacks, unless another process just did.
     *
     * @throws NotWritableException if nothing can be written there
     * @throws IOException if the disk is full or a jar is damaged
     */
    void putInto(Path folder, Progress progress) throws IOException {
        try (FileChannel channel = openLockFile(folder)) {
            final FileLock lock = lock(channel, progress);
            try {
                if (lock != null) deleteLeftovers(folder.getParent());
                if (!areIn(folder)) unpack(folder, progress);
            } finally {
                if (lock != null) lock.release();
            }
        }
    }

    private static FileChannel openLockFile(Path folder) throws NotWritableException {
        try {
            Files.createDirectories(folder.getParent());
            return FileChannel.open(
                    folder.resolveSibling(folder.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new NotWritableException(folder.getParent(), e);
        }
    }

    /**
     * Waits until nobody else unpacks.
     *
     * @return null on a file system without locks. Then two processes may both unpack, each under a
     *     name of its own, and the later one finds the work done
     */
    private FileLock lock(FileChannel channel, Progress progress) {
        while (true) {
            try {
                final FileLock lock = channel.tryLock();
                if (lock != null) return lock;
            } catch (OverlappingFileLockException e) {
                // Another thread of this process unpacks: wait for it, too.
            } catch (IOException e) {
                return null;
            }
            progress.update("Waiting for another program that unpacks " + title, 0);
            pause(progress);
        }
    }

    private void unpack(Path folder, Progress progress) throws IOException {
        final Path unpacked = leftover(folder);
        final Path damaged = leftover(folder);
        try {
            Files.createDirectory(unpacked);
            long done = 0;
            for (Entry entry : entries) {
                unpack(entry, unpacked, done, progress);
                done += entry.size();
            }
            Files.writeString(unpacked.resolve(MEMO), memo(unpacked));
            if (areIn(folder)) return;
            if (Files.exists(folder)) move(folder, damaged, progress);
            move(unpacked, folder, progress);
        } catch (IOException e) {
            throw new IOException(
                    String.format(
                            "Cannot unpack %s (%d MB) into %s: %s",
                            title, size / 1_000_000, folder, e.getMessage()),
                    e);
        } finally {
            delete(unpacked);
            delete(damaged);
        }
    }

    private void unpack(Entry entry, Path folder, long done, Progress progress) throws IOException {
        final URLConnection connection = entry.source().openConnection();
        connection.setUseCaches(false);
        final CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(connection.getInputStream(), crc);
                OutputStream out = Files.newOutputStream(folder.resolve(entry.name()))) {
            final byte[] buffer = new byte[BUFFER];
            for (int n = 0; n >= 0; n = in.read(buffer)) {
                progress.checkCanceled();
                out.write(buffer, 0, n);
                done += n;
                progress.update("Unpacking " + title + " (only once)", (double) done / size);
            }
        }
        if (crc.getValue() != entry.crc())
            throw new IOException("the content of " + entry.source() + " is damaged");
    }

    /** Renames a folder in one step. */
    private static void move(Path from, Path to, Progress progress) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
                return;
            } catch (FileSystemException e) {
                // Windows refuses while a virus scanner reads the new files.
                if (attempt == MOVE_ATTEMPTS) throw e;
                pause(progress);
            }
        }
    }

    private static void pause(Progress progress) {
        progress.checkCanceled();
        try {
            Thread.sleep(WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while unpacking");
        }
    }

    private static Path leftover(Path folder) {
        return folder.resolveSibling(LEFTOVER + UUID.randomUUID());
    }

    /** Removes what killed processes left behind; only for who holds the lock. */
    private static void deleteLeftovers(Path parent) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(parent, LEFTOVER + "*")) {
            for (Path leftover : leftovers) delete(leftover);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        final List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        try {
            for (Path path : paths) Files.delete(path);
        } catch (FileSystemException e) {
            // Windows keeps what a running program has loaded; who unpacks next removes it.
            return;
        }
    }

    /** What a folder's verification rests on: checksum, size and time of each file. */
    private String memo(Path folder) throws IOException {
        final StringBuilder memo = new StringBuilder();
        for (Entry entry : entries)
            memo.append(
                    String.format(
                            Locale.ROOT,
                            "%08x %d %d %s\n",
                            entry.crc(),
                            entry.size(),
                            Files.getLastModifiedTime(folder.resolve(entry.name())).toMillis(),
                            entry.name()));
        return memo.toString();
    }

    private static void remember(String text, Path memo) throws IOException {
        final Path written = memo.resolveSibling(MEMO + "-" + UUID.randomUUID());
        try {
            Files.writeString(written, text);
            Files.move(written, memo, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            // A folder that cannot be written is verified at every start: slow, not wrong.
            if (Files.exists(written)) Files.delete(written);
        }
    }

    private static long crc(Path file) throws IOException {
        final CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc)) {
            final byte[] buffer = new byte[BUFFER];
            for (int n = 0; n >= 0; n = in.read(buffer))
                ;
        }
        return crc.getValue();
    }
}
