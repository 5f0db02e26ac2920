//! `#[derive(Identifier)]`: a newtype is what its only field is.
//!
//! Nothing else is written: how a newtype is shown or stored is its author's to say.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Index, Member};

use super::shown_at;
use crate::attributes::identifier_crate;
use crate::faults::Faults;
use crate::model::{at, support};
use crate::validate::has_no_generics;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    let support = support(identifier_crate(&input.attrs, &mut faults));
    has_no_generics(input, "an identifier takes no generics or lifetimes; remove them", &mut faults);
    let field = only_field(input);
    if field.is_none() {
        let message = "an identifier is a struct with one field, a `Uuid`, `i64`, `String` or another identifier";
        faults.at(&input.ident, message);
    }
    match (field, faults.into_compile_errors()) {
        (Some(field), None) => newtype(input, field, &support),
        (_, errors) => {
            let fallback = input.generics.params.is_empty().then(|| fallback(input, &support));
            quote!(#errors #fallback)
        }
    }
}

fn only_field(input: &DeriveInput) -> Option<&Field> {
    let Data::Struct(data) = &input.data else { return None };
    let mut fields = data.fields.iter();
    fields.next().filter(|_| fields.next().is_none())
}

fn newtype(input: &DeriveInput, field: &Field, support: &TokenStream) -> TokenStream {
    let (ident, ty) = (&input.ident, &field.ty);
    let member = field.ident.clone().map_or_else(|| Member::Unnamed(Index::from(0)), Member::Named);
    // A field that is no identifier fails at this bound, once, instead of at each use.
    let bound = shown_at(at(ty.span()), quote!(#support::Identifier));
    let inner = quote!(<#ty as #support::Identifier>);
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #support::Identifier for #ident
        where
            #ty: #bound,
        {
            type Raw = #inner::Raw;

            fn from_raw(raw: Self::Raw) -> Self {
                Self { #member: #inner::from_raw(raw) }
            }

            fn as_raw(&self) -> &Self::Raw {
                #inner::as_raw(&self.#member)
            }
        }
    }
}

/// One fault, one message: entities that use the type still find their identifier.
fn fallback(input: &DeriveInput, support: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl #support::Identifier for #ident {
            type Raw = #support::Uuid;
            fn from_raw(raw: Self::Raw) -> Self { loop {} }
            fn as_raw(&self) -> &Self::Raw { loop {} }
        }
    }
}
