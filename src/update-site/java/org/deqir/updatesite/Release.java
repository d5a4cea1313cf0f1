/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * One state of the site: its index and the files on the server.
 *
 * <p>A file whose content did not change since the release before keeps its timestamp, so that
 * nobody downloads it again. The others get the time of this release; their earlier versions stay
 * in the index, since the updater replaces only what it knows.
 *
 * @param index what is on offer
 * @param files the content of each file on offer, by its path below Fiji's folder
 */
record Release(Index index, Map<String, Path> files) {

    /** A file with what is said about it. */
    private record Shipped(String path, Path file, SiteDescription.Item item) {}

    /**
     * Puts a release together.
     *
     * @param description what to ship
     * @param project folder of the project, in which the description names folders
     * @param jars finds the jars that the description names
     * @param before index of the release before
     * @param time of the release, digits of year to second; later than all times in {@code before}
     * @throws IOException if something is missing, or would confuse Fiji or its updater
     */
    static Release of(
            SiteDescription description, Path project, MavenJars jars, Index before, long time)
            throws IOException {
        if (time <= before.latestTimestamp())
            throw new IOException(
                    "The time of this release, "
                            + time
                            + ", must be later than that of the release before, "
                            + before.latestTimestamp()
                            + ".");
        final Map<String, Shipped> shipped = new TreeMap<>();
        for (SiteDescription.Item item : description.items())
            for (Shipped file : files(item, project, jars)) {
                checkPath(file);
                final Shipped other = shipped.put(Component.identity(file.path()), file);
                if (other != null)
                    throw new IOException(
                            "For Fiji's updater "
                                    + other.path()
                                    + " and "
                                    + file.path()
                                    + " are two versions of the same file.");
            }
        final Map<Path, String> foreign = new HashMap<>();
        for (String coordinates : description.fiji())
            foreign.put(
                    jars.find(coordinates).file(),
                    "jars/" + coordinates.substring(coordinates.indexOf(':') + 1) + ".jar");
        final Map<String, Component.Version> versions = new HashMap<>();
        for (Shipped file : shipped.values())
            versions.put(file.path(), version(file, before, time));
        final Dependencies dependencies = Dependencies.among(shipped, versions, foreign);
        final List<Component> components = new ArrayList<>();
        for (Shipped file : shipped.values())
            components.add(
                    component(
                            file, versions.get(file.path()), dependencies.of(file), before, time));
        components.addAll(withdrawn(before, shipped.keySet(), description.obsolete(), time));
        final Map<String, Path> files = new TreeMap<>();
        for (Shipped file : shipped.values()) files.put(file.path(), file.file());
        return new Release(new Index(components), files);
    }

    private static List<Shipped> files(SiteDescription.Item item, Path project, MavenJars jars)
            throws IOException {
        if (item.artifact() != null) {
            final MavenJars.Jar jar = jars.find(item.artifact());
            final String path = item.path().replace(SiteDescription.VERSION, jar.version());
            final String expected = item.path().replace("-" + SiteDescription.VERSION, "");
            if (!path.endsWith(".jar") || !Component.identity(path).equals(expected))
                throw new IOException(
                        "Fiji's updater would take the name without version of "
                                + path
                                + " to be "
                                + Component.identity(path)
                                + " instead of "
                                + expected
                                + ", and so keep old versions or mix up files.");
            return List.of(new Shipped(path, jar.file(), item));
        }
        final Path folder = project.resolve(item.folder());
        if (!Files.isDirectory(folder))
            throw new IOException("There is no folder " + folder + " to ship.");
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .map(file -> new Shipped(pathBelow(folder, file, item.path()), file, item))
                    .toList();
        }
    }

    private static String pathBelow(Path folder, Path file, String target) {
        final StringBuilder path = new StringBuilder(target);
        for (Path part : folder.relativize(file)) path.append('/').append(part);
        return path.toString();
    }

    private static void checkPath(Shipped file) throws IOException {
        final String path = file.path();
        final String[] parts = path.split("/");
        if (!path.matches("[A-Za-z0-9_][A-Za-z0-9_. -]*(/[A-Za-z0-9_][A-Za-z0-9_. -]*)+"))
            throw new IOException(
                    "The path '"
                            + path
                            + "' must be relative, with slashes between names of ASCII letters,"
                            + " digits and _ . - or space.");
        if (parts[0].equals("jars") && SiteDescription.PLATFORMS.contains(parts[1]))
            throw new IOException(
                    path
                            + " must be in another folder: Fiji reads jars/"
                            + parts[1]
                            + " as Java modules at its start, and fails if a jar there is no valid"
                            + " one.");
        if (Files.size(file.file()) == 0)
            throw new IOException(
                    file.file() + " is empty, which Fiji's updater takes as a request to delete.");
    }

    /** The version on offer, still without dependencies. */
    private static Component.Version version(Shipped file, Index before, long time)
            throws IOException {
        final String checksum = Checksum.of(file.path(), file.file());
        final long size = Files.size(file.file());
        final long timestamp =
                before.component(file.path())
                        .filter(old -> old.filename().equals(file.path()))
                        .flatMap(Component::current)
                        .filter(old -> old.checksum().equals(checksum) && old.size() == size)
                        .map(Component.Version::timestamp)
                        .orElse(time);
        final SiteDescription.Item item = file.item();
        return new Component.Version(
                checksum,
                timestamp,
                size,
                item.description(),
                List.of(),
                item.links(),
                item.authors());
    }

    private static Component component(
            Shipped file,
            Component.Version version,
            List<Component.Dependency> dependencies,
            Index before,
            long time) {
        final Optional<Component> old = before.component(file.path());
        final List<Component.Previous> previous =
                version.timestamp() == time
                        ? old.map(component -> component.withCurrentAmongPrevious(time))
                                .orElse(List.of())
                        : old.orElseThrow().previous();
        return new Component(
                file.path(),
                file.item().platforms(),
                file.item().categories(),
                Optional.of(
                        new Component.Version(
                                version.checksum(),
                                version.timestamp(),
                                version.size(),
                                version.description(),
                                dependencies,
                                version.links(),
                                version.authors())),
                previous);
    }

    /**
     * Which files come with a file: those that its classes refer to, and those that the description
     * says it needs. Files for certain platforms are never among them: the updater would install
     * them on all platforms.
     *
     * @param ours what may be depended on, by path without version
     * @param foreign Fiji's jars, with their paths
     * @param references what each of our jars refers to
     */
    private record Dependencies(
            Map<String, Shipped> ours,
            Map<String, Component.Version> versions,
            Map<Path, String> foreign,
            Map<Path, List<Path>> references) {

        static Dependencies among(
                Map<String, Shipped> shipped,
                Map<String, Component.Version> versions,
                Map<Path, String> foreign)
                throws IOException {
            final Map<String, Shipped> ours = new TreeMap<>(shipped);
            ours.values().removeIf(file -> !file.item().platforms().isEmpty());
            final List<Path> jars =
                    ours.values().stream()
                            .filter(file -> file.path().endsWith(".jar"))
                            .map(Shipped::file)
                            .toList();
            return new Dependencies(
                    ours, versions, foreign, JarDependencies.of(jars, foreign.keySet()));
        }

        List<Component.Dependency> of(Shipped file) throws IOException {
            final Set<String> needed = new TreeSet<>();
            for (Path jar : references.getOrDefault(file.file(), List.of()))
                if (foreign.containsKey(jar)) needed.add(foreign.get(jar));
                else
                    ours.forEach(
                            (path, other) -> {
                                if (other.file().equals(jar)) needed.add(path);
                            });
            for (String required : file.item().requires()) {
                if (!ours.containsKey(required) && !foreign.containsValue(required))
                    throw new IOException(
                            file.path()
                                    + " requires "
                                    + required
                                    + ", which is neither shipped to all platforms nor one of"
                                    + " Fiji's jars.");
                needed.add(required);
            }
            return needed.stream().map(this::dependency).toList();
        }

        private Component.Dependency dependency(String path) {
            return new Component.Dependency(
                    path,
                    Optional.ofNullable(ours.get(path))
                            .map(file -> versions.get(file.path()).timestamp()));
        }
    }

    /** Files that were on offer and are no more; each must be announced as obsolete. */
    private static List<Component> withdrawn(
            Index before, Collection<String> shipped, List<String> announced, long time)
            throws IOException {
        final List<Component> withdrawn = new ArrayList<>();
        for (Component old : before.components()) {
            if (shipped.contains(old.identity())) continue;
            if (!announced.contains(old.identity()))
                throw new IOException(
                        old.identity()
                                + " was part of the release before and is missing now. If it shall"
                                + " be removed from every Fiji, list it under 'obsolete'.");
            withdrawn.add(
                    new Component(
                            old.filename(),
                            old.platforms(),
                            old.categories(),
                            Optional.empty(),
                            old.withCurrentAmongPrevious(time)));
        }
        for (String path : announced)
            if (shipped.contains(path) || before.component(path).isEmpty())
                throw new IOException(
                        path
                                + " is listed as obsolete but is "
                                + (shipped.contains(path)
                                        ? "shipped."
                                        : "not part of the release before."));
        return withdrawn;
    }

    /**
     * Writes what belongs on the server.
     *
     * @param folder must not exist, or be empty
     */
    void write(Path folder) throws IOException {
        for (Component component : index.components()) {
            if (component.current().isEmpty()) continue;
            final Path target =
                    folder.resolve(
                            component.filename() + "-" + component.current().get().timestamp());
            Files.createDirectories(target.getParent());
            Files.copy(files.get(component.filename()), target);
        }
        index.writeCompressed(folder.resolve("db.xml.gz"));
    }

    /** How many files and bytes each platform downloads, as a table. */
    String summary() {
        final Map<String, long[]> totals = new TreeMap<>();
        for (Component component : index.components())
            for (String platform : component.platforms()) totals.put(platform, new long[2]);
        totals.put("all others", new long[2]);
        for (Component component : index.components()) {
            if (component.current().isEmpty()) continue;
            for (Map.Entry<String, long[]> total : totals.entrySet())
                if (component.platforms().isEmpty()
                        || component.platforms().contains(total.getKey())) {
                    total.getValue()[0]++;
                    total.getValue()[1] += component.current().get().size();
                }
        }
        final StringBuilder table = new StringBuilder();
        totals.forEach(
                (platform, total) ->
                        table.append(
                                String.format(
                                        "%-12s %3d files %7.1f MB%n",
                                        platform, total[0], total[1] / 1e6)));
        return table.toString();
    }
}
