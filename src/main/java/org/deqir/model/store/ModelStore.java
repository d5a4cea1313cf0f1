/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deqir.model.ModelException;
import org.deqir.progress.Progress;

/**
 * The installed models.
 *
 * <p>They are looked for in the given folders, where each subfolder is a model, and on the class
 * path below {@code models/deqir/}, where a resource {@code index.txt} names them one a line
 * (folders inside a jar cannot be listed). Of two models of one name the first is taken: that of
 * the earlier folder, and one in a folder before one on the class path.
 */
public final class ModelStore {

    private static final String CLASS_PATH_FOLDER = "models/deqir/";
    private static final String PARTIAL = ".partial-";
    private static final int OLD_DAYS = 2;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** Values of the keys of our commands that take the name of a model. */
    private static final Pattern MEANS_ELSE = Pattern.compile("(?i)auto|none|all|scratch");

    /** Names that Windows keeps for its devices. */
    private static final Pattern DEVICE =
            Pattern.compile("(?i)(con|prn|aux|nul|com\\d|lpt\\d)(\\..*)?");

    private final List<Path> folders;
    private final ClassLoader loader;

    /**
     * The models that are shipped and those in the given folders; folders may be missing.
     *
     * @param folders where to look; new models go into the first
     */
    public ModelStore(List<Path> folders) {
        this(folders, ModelStore.class.getClassLoader());
    }

    /**
     * A store of the models in some folders and on the class path of a loader.
     *
     * @param folders where to look; new models go into the first
     * @param loader whose class path holds further models
     */
    public ModelStore(List<Path> folders, ClassLoader loader) {
        this.folders = List.copyOf(folders);
        this.loader = loader;
    }

    /** {@return all models by name, broken ones too} Looks anew each time. */
    public List<InstalledModel> list() {
        final Map<String, InstalledModel> models = new TreeMap<>();
        for (Path folder : folders)
            for (Path path : subfolders(folder)) {
                final String name = path.getFileName().toString();
                models.putIfAbsent(name, InstalledModel.at(name, new ModelFiles.Folder(path)));
            }
        shipped()
                .forEach(
                        (name, url) ->
                                models.putIfAbsent(
                                        name,
                                        InstalledModel.at(name, new ModelFiles.Resource(url))));
        return List.copyOf(models.values());
    }

    private static List<Path> subfolders(Path folder) {
        if (!Files.isDirectory(folder)) return List.of();
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.filter(Files::isDirectory)
                    .filter(path -> !path.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            // A folder that may not be read holds no models for this user.
            return List.of();
        }
    }

    private Map<String, URL> shipped() {
        final Map<String, URL> models = new TreeMap<>();
        try {
            for (URL index : Collections.list(loader.getResources(CLASS_PATH_FOLDER + "index.txt")))
                for (String name : names(index))
                    models.putIfAbsent(name, new URL(index, name + "/"));
        } catch (IOException e) {
            throw new IllegalStateException("The list of shipped models cannot be read.", e);
        }
        return models;
    }

    private static List<String> names(URL index) throws IOException {
        final List<String> names = new ArrayList<>();
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(index.openStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine())
                if (!line.isBlank()) names.add(line.strip());
        }
        return names;
    }

    /**
     * Fills a folder with the files of a model.
     *
     * <p>Whatever it throws, nothing is installed and nothing is left of the folder.
     */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes the model's files into a folder that is there and empty.
         *
         * @throws IOException if they cannot be written; the folder is deleted then
         */
        void writeInto(Path folder) throws IOException;
    }

    /**
     * Installs a model. It is there as a whole or not at all: its folder gets its name when it is
     * complete.
     *
     * @param name of the model: letters, digits, dots, dashes and underscores
     * @param content writes the model's files
     * @return the model
     * @throws ModelException if there is a model of this name, the name cannot be one, or what was
     *     written is not a model
     */
    public InstalledModel install(String name, Content content) throws IOException {
        requireNewName(name);
        final Path home = home();
        Files.createDirectories(home);
        removeRemains(home);
        final Path partial = temporaryFolder(home);
        try {
            content.writeInto(partial);
            final InstalledModel written = InstalledModel.at(name, new ModelFiles.Folder(partial));
            if (written.problem().isPresent())
                throw new ModelException(
                        "The model " + name + " cannot be installed: " + sentence(written));
            Files.move(partial, home.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(partial);
        }
        return find(name);
    }

    /**
     * Gives a model another name and returns it.
     *
     * @throws ModelException if it is not in a folder of its own or the name cannot be had
     */
    public InstalledModel rename(String from, String to) throws IOException {
        final Path folder = ownFolder(find(from), "renamed");
        requireNewName(to);
        Files.move(folder, folder.resolveSibling(to), StandardCopyOption.ATOMIC_MOVE);
        return find(to);
    }

    /**
     * Deletes a model and its files.
     *
     * @throws ModelException if there is none or it is shipped with the plugin
     */
    public void remove(String name) throws IOException {
        final Path folder = ownFolder(find(name), "removed");
        final Path removed = temporaryFolder(folder.getParent());
        Files.move(folder, removed.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        delete(removed);
    }

    /**
     * Writes a model as one zip file, which any store can import bit by bit. A file of that name is
     * replaced.
     *
     * @throws ModelException if there is no such model, it is broken, or a file is not the one that
     *     was described
     */
    public void export(String name, Path zip, Progress progress) throws IOException {
        final InstalledModel model = find(name).checked(progress.part(0, 0.3));
        if (model.problem().isPresent())
            throw new ModelException(
                    "The model " + name + " cannot be exported: " + sentence(model));
        ModelPackage.write(model, zip, progress.part(0.3, 1));
    }

    private static String sentence(InstalledModel broken) {
        final String problem = broken.problem().orElse("");
        return problem.endsWith(".") ? problem : problem + ".";
    }

    private static Path ownFolder(InstalledModel model, String what) throws ModelException {
        return model.folder()
                .orElseThrow(
                        () ->
                                new ModelException(
                                        "The model %s comes with the plugin and cannot be %s."
                                                .formatted(model.name(), what)));
    }

    /** Where models are installed. */
    private Path home() throws ModelException {
        if (folders.isEmpty())
            throw new ModelException("There is no ImageJ folder into which to install a model.");
        return folders.get(0);
    }

    /**
     * Checks that a new model can have a name.
     *
     * @throws ModelException if there is a model of this name or the name cannot be one
     */
    public void requireNewName(String name) throws ModelException {
        if (!isName(name))
            throw new ModelException(
                    "name = '"
                            + name
                            + "' cannot be the name of a model; accepted: up to 64 letters, digits,"
                            + " dots, dashes and underscores, beginning with a letter or digit, but"
                            + " not auto, none, all, scratch or the name of a device of Windows.");
        for (InstalledModel model : list())
            // Not on all systems are "a" and "A" two folders.
            if (model.name().equalsIgnoreCase(name))
                throw new ModelException(
                        "name = '"
                                + name
                                + "': a model named "
                                + model.name()
                                + " is installed already; give another name or remove it first.");
    }

    /** {@return whether a model, and so a folder on any system, can have this name} */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches()
                && !name.endsWith(".")
                && !MEANS_ELSE.matcher(name).matches()
                && !DEVICE.matcher(name).matches();
    }

    /** With the usual permissions: who may read the ImageJ folder may read its models. */
    private static Path temporaryFolder(Path parent) throws IOException {
        return Files.createDirectory(parent.resolve(PARTIAL + UUID.randomUUID()));
    }

    /** Removes what an import left behind whose ImageJ was killed. */
    private static void removeRemains(Path home) throws IOException {
        final FileTime old = FileTime.from(Instant.now().minus(OLD_DAYS, ChronoUnit.DAYS));
        try (DirectoryStream<Path> remains = Files.newDirectoryStream(home, PARTIAL + "*")) {
            for (Path path : remains)
                if (Files.getLastModifiedTime(path).compareTo(old) < 0) delete(path);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) return;
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    /**
     * {@return the model of this name, in the same case}
     *
     * @throws ModelException if there is none; the message names those that are installed
     */
    public InstalledModel find(String name) throws ModelException {
        final List<InstalledModel> models = list();
        for (InstalledModel model : models) if (model.name().equals(name)) return model;
        throw new ModelException(
                "There is no model named \"%s\"; installed are: %s."
                        .formatted(
                                name,
                                models.isEmpty()
                                        ? "none"
                                        : models.stream()
                                                .map(InstalledModel::name)
                                                .collect(Collectors.joining(", "))));
    }
}
