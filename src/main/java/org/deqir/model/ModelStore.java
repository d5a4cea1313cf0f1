/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    private final List<Path> folders;
    private final ClassLoader loader;

    /** The models that are shipped and those in the given folders; folders may be missing. */
    public ModelStore(List<Path> folders) {
        this(folders, ModelStore.class.getClassLoader());
    }

    ModelStore(List<Path> folders, ClassLoader loader) {
        this.folders = List.copyOf(folders);
        this.loader = loader;
    }

    /** All models by name, broken ones too. Looks anew each time. */
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
            return paths.filter(Files::isDirectory).sorted().toList();
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
     * The model of this name.
     *
     * @throws ModelException if there is none; the message names those that are installed
     */
    public InstalledModel find(String name) throws ModelException {
        final List<InstalledModel> models = list();
        for (InstalledModel model : models) if (model.name().equals(name)) return model;
        throw new ModelException(
                "There is no model named \""
                        + name
                        + "\"; installed are: "
                        + (models.isEmpty()
                                ? "none"
                                : models.stream()
                                        .map(InstalledModel::name)
                                        .collect(Collectors.joining(", ")))
                        + ".");
    }
}
