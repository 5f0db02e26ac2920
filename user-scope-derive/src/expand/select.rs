//! `#[derive(Select)]`: some columns of an entity, read as the fields of a struct.
//!
//! Columns are named by the entity's constants, so the compiler checks that they are there and of which type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Field, Ident, TypePath};

use crate::attributes::{SelectAttributes, selected_column};
use crate::faults::Faults;
use crate::model::{at, at_type, constant, named_fields, support};
use crate::validate::has_no_generics;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    let attributes = SelectAttributes::read(&input.attrs, &mut faults);
    let support = support(attributes.crate_path);
    has_no_generics(input, "a selection of columns takes no generics or lifetimes; remove them", &mut faults);
    let columns: Vec<_> = named_fields(input).filter_map(|field| column(field, &mut faults)).collect();
    if columns.is_empty() {
        faults.at(&input.ident, "a selection is a struct with named fields, one for each column that is read");
    }
    if attributes.from.is_none() && faults.is_empty() {
        faults.at(&input.ident, "no entity is named; add `#[user_scoped(from = …)]` above the struct");
    }
    let errors = faults.into_compile_errors();
    let good = errors.is_none();
    let implementation = attributes
        .from
        .filter(|_| input.generics.params.is_empty())
        .map(|entity| implementation(&input.ident, &support, &entity, if good { Some(&columns) } else { None }));
    quote!(#errors #implementation)
}

struct Column<'a> {
    field: &'a Field,
    ident: &'a Ident,
    constant: Ident,
}

fn column<'a>(field: &'a Field, faults: &mut Faults) -> Option<Column<'a>> {
    let ident = field.ident.as_ref()?;
    let constant = selected_column(&field.attrs, faults).unwrap_or_else(|| constant(ident));
    Some(Column { field, ident, constant })
}

/// Without columns it stands in for a struct with faults, so that one fault gives one message.
fn implementation(
    ident: &Ident,
    support: &TokenStream,
    entity: &TypePath,
    columns: Option<&Vec<Column<'_>>>,
) -> TokenStream {
    let (positions, decode) = match columns {
        None => (quote!(loop {}), quote!(loop {})),
        Some(columns) => {
            let constants: Vec<_> = columns.iter().map(|column| in_entity(entity, &column.constant)).collect();
            let fields = columns.iter().zip(&constants).enumerate().map(|(position, (column, constant))| {
                let (field, ty) = (column.ident, &column.field.ty);
                let read = quote_spanned! {at_type(ty)=>
                    #support::selected::<__DB, #entity, #ty, _>(#constant, row, #position)?
                };
                quote!(#field: #read)
            });
            (
                quote!(::core::option::Option::Some(const { &[#(#constants.position()),*] })),
                quote!(::core::result::Result::Ok(Self { #(#fields),* })),
            )
        }
    };
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #support::Select for #ident {
            type Entity = #entity;

            fn columns() -> ::core::option::Option<&'static [usize]> {
                #positions
            }

            fn decode<__DB: #support::Stores<#entity>>(
                row: &__DB::Row,
            ) -> ::core::result::Result<Self, #support::DecodeError> {
                #decode
            }
        }
    }
}

/// Shown at the field: a column that is not there fails here.
fn in_entity(entity: &TypePath, constant: &Ident) -> TokenStream {
    quote_spanned!(at(constant.span())=> <#entity>::#constant)
}
