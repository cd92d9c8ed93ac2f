import "./styles.css";
import { mount } from "svelte";
import App from "./shell/App.svelte";
import { adoptTokens, keptTheme, showTheme } from "./shell/theme.ts";
import { defineTimeline } from "./timeline/element.ts";

adoptTokens();
showTheme(keptTheme());
defineTimeline();
const target = document.getElementById("app");
if (target) mount(App, { target });
