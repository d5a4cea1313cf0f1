/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.dialog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.swing.JComboBox;
import javax.swing.JTextArea;
import javax.swing.JTextField;
import org.deqir.command.DenoiseCommand;
import org.deqir.command.Images;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.key.Keys;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;

/** The form of every command, without a window around it. */
class DialogPanelTest {

    private static Context context;

    @BeforeAll
    static void start() {
        context = new Context();
    }

    @AfterAll
    static void stop() {
        context.dispose();
    }

    private static final class Form {

        private final Module module;
        private final DialogPanel panel;

        Form(Class<? extends DeqirCommand> type) throws Exception {
            final DeqirCommand command = type.getDeclaredConstructor().newInstance();
            context.inject(command);
            module = context.service(CommandService.class).getCommand(type).createModule(command);
            module.setInput("image", Images.hyperstack(8, 1, 1, 1));
            module.resolveInput("image");
            if (module.getInfo().getInput("model") != null && command instanceof RestorationCommand)
                module.setInput("model", "smoother");
            panel =
                    new DialogPanel(
                            context.service(ConvertService.class),
                            command.dialog(module),
                            () -> {},
                            () -> {});
        }

        DialogField field(String key) {
            return panel.fields().stream()
                    .filter(f -> f.name().equals(key))
                    .findAny()
                    .orElseThrow();
        }

        void choose(String key, Object value) {
            if (field(key).editor() instanceof JTextField text) text.setText(value.toString());
            else ((JComboBox<?>) field(key).editor()).setSelectedItem(value);
        }

        String status() {
            return ((JTextArea) panel.status()).getText();
        }

        Set<String> enabled() {
            final Set<String> keys = new HashSet<>();
            for (final DialogField field : panel.fields())
                if (field.editor() != null && field.editor().isEnabled()) keys.add(field.name());
            return keys;
        }
    }

    static Stream<CommandInfo> commands() {
        final List<CommandInfo> all = new ArrayList<>();
        try (Context own = new Context()) {
            for (final CommandInfo info : own.service(CommandService.class).getCommands())
                if (info.getClassName().startsWith("org.deqir.command.")) all.add(info);
        }
        return all.stream();
    }

    @SuppressWarnings("unchecked")
    private static Class<? extends DeqirCommand> type(CommandInfo info) throws Exception {
        return (Class<? extends DeqirCommand>) Class.forName(info.getClassName());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyKeyHasALabelAndATooltip(CommandInfo info) {
        for (final ModuleItem<?> item : Keys.of(info)) {
            if (item.getType() == ImagePlus.class) continue;
            assertFalse(item.getLabel().isBlank(), item.getName());
            assertNotNull(item.getDescription(), item.getName() + " has no description");
            assertTrue(item.getDescription().endsWith("."), item.getName());
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpIsTheSectionOfTheCommandInTheReference(CommandInfo info) throws Exception {
        final String page = CommandDialog.helpPage(info);
        final String section = page.substring(page.indexOf('#') + 1);
        assertTrue(page.contains("/src/site/markdown/macro-reference.md#"), page);
        final List<String> sections =
                Files.readAllLines(Path.of("src/site/markdown/macro-reference.md")).stream()
                        .filter(line -> line.startsWith("## "))
                        .map(line -> line.substring(3).toLowerCase())
                        .map(line -> line.replaceAll("[^a-z0-9 -]", "").replace(' ', '-'))
                        .toList();
        assertTrue(sections.contains(section), section);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theFormShowsEveryKeyAndEachHasATooltip(CommandInfo info) throws Exception {
        final Form form = new Form(type(info));
        for (final ModuleItem<?> item : Keys.of(info)) {
            if (item.getType() == ImagePlus.class || item.getVisibility() == ItemVisibility.MESSAGE)
                continue;
            assertNotNull(form.field(item.getName()).editor().getToolTipText(), item.getName());
        }
    }

    /** What a choice leaves idle is grey; what it needs is not. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "DeblurCommand; blur; gaussian; width; height,psf,na,wavelength,modality",
                "DeblurCommand; blur; anisotropic; width,height; psf,na,wavelength,modality",
                "DeblurCommand; blur; psf image; psf; width,height,na,wavelength,modality",
                "DeblurCommand; blur; microscope; na,wavelength,modality; width,height,psf",
                "DenoiseCommand; noise; gaussian; sigma; gain,offset,readout",
                "DenoiseCommand; noise; poisson-gaussian; gain,offset,readout; sigma",
                "DenoiseCommand; noise; auto; noise; sigma,gain,offset,readout",
                "DenoiseCommand; mode; sample; samples; sigma",
                "DenoiseCommand; mode; fidelity; mode,samples; sigma",
                "DenoiseCommand; solver; sequential; steps; iterations,tolerance",
                "InpaintCommand; missing; mask image; mask; sigma",
                "InpaintCommand; missing; nan; missing; mask",
                "CompressedSensingCommand; sensing; scan mask; mask; ratio,key",
                "CompressedSensingCommand; sensing; block; ratio,key; mask",
                "GuidedRestorationCommand; task; denoise; reference; blur,width,scale,missing,mask",
                "GuidedRestorationCommand; task; deblur; blur,width; scale,missing,mask,psf",
                "ShowTrajectoryCommand; task; super-resolution; scale,kernel; blur,width,output,warm",
                "ShowTrajectoryCommand; task; inpaint; missing; blur,width,scale,mask",
                "DegradeCommand; operator; none; noise; blur,width,scale,mask,ratio,seed,sigma",
                "DegradeCommand; operator; blur; blur,width; psf,scale,mask,ratio",
                "DegradeCommand; operator; sensing; sensing,ratio,key; blur,mask,missing",
                "ModelsCommand; action; export; file,model; name,confirm",
                "ModelsCommand; action; rename; name,model; file,confirm",
                "MakePsfCommand; modality; widefield; na,wavelength; excitation,pinhole,sheet",
                "MakePsfCommand; modality; confocal; wavelength,excitation,pinhole; sheet",
                "MakePsfCommand; modality; two-photon; excitation; wavelength,pinhole,sheet",
                "MakePsfCommand; modality; light sheet; wavelength,sheet; excitation,pinhole",
                "TrainPriorCommand; base; scratch; size; samples",
                "TrainPriorCommand; resume; install; name,author; source,steps,minutes,batch"
            })
    void onlyWhatTheChoiceNeedsIsEnabled(
            String command, String key, String value, String needed, String idle) throws Exception {
        final Form form =
                new Form(
                        Class.forName("org.deqir.command." + command)
                                .asSubclass(DeqirCommand.class));
        form.choose(key, value);
        final Set<String> enabled = form.enabled();
        assertTrue(enabled.containsAll(List.of(needed.split(","))), enabled.toString());
        for (final String name : idle.split(",")) assertFalse(enabled.contains(name), name);
    }

    @Test
    void aBadNumberIsNamedAndKeepsTheFormOpen() throws Exception {
        final Form form = new Form(DenoiseCommand.class);
        form.choose("noise", "gaussian");
        form.choose("sigma", "abc");
        assertEquals(
                "sigma = 'abc' is not accepted: a number, at least 0 is expected.", form.status());
        assertFalse(form.panel.accept());
        form.choose("sigma", "0");
        assertFalse(form.panel.accept());
        assertTrue(form.status().startsWith("sigma is missing"), form.status());
        form.choose("sigma", "12.5");
        assertTrue(form.panel.accept(), form.status());
        assertEquals(12.5, form.module.getInput("sigma"));
        assertTrue(form.status().contains("network evaluation"), form.status());
    }

    /** What a form without entries lacks is said before OK is tried. */
    @ParameterizedTest
    @CsvSource({
        "MakePsfCommand, na, 1.2, na is missing, wavelength is missing",
        "ImportModelCommand, file, no such.pt, file is missing, no such.pt"
    })
    void whatIsMissingIsSaidFromTheStart(
            String command, String key, String value, String before, String after)
            throws Exception {
        final Form form =
                new Form(
                        Class.forName("org.deqir.command." + command)
                                .asSubclass(DeqirCommand.class));
        assertTrue(form.status().startsWith(before), form.status());
        form.choose(key, value);
        assertTrue(form.status().contains(after), form.status());
    }

    /** A number that does not count with the present choices is nobody's business. */
    @Test
    void whatIsIdleNeedNotBeValid() throws Exception {
        final Form form = new Form(DenoiseCommand.class);
        form.choose("noise", "gaussian");
        form.choose("sigma", "abc");
        form.choose("noise", "auto");
        assertTrue(form.panel.accept(), form.status());
    }

    @Test
    void theFormComesBackWithWhatWasEntered() throws Exception {
        final Form form = new Form(DenoiseCommand.class);
        form.choose("slices", "2-9");
        assertFalse(form.panel.accept());
        assertTrue(form.status().contains("slices"), form.status());
        form.panel.complain("There is no room for that.");
        assertEquals("There is no room for that.", form.status());
        form.choose("slices", "1");
        assertTrue(form.panel.accept(), form.status());
    }
}
